import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config } from '#config';
import { parseStartOptions, type StartOptions, USAGE } from './parse-start-options.ts';
import { readTlsFiles } from './read-tls-files.ts';
import { type Stack, startStack } from './start-stack.ts';
import { runTraffic, type TrafficRun } from './traffic/run-traffic.ts';

async function run({ traffic, json, port, data, tls: folder }: StartOptions): Promise<void> {
  const startedAt = Date.now();
  const dataDir = data ?? mkdtempSync(join(tmpdir(), 'edgehouse-'));
  const tell = (message: string) => void process.stderr.write(`${message}\n`);
  const print = json ? tell : (message: string) => void process.stdout.write(`${message}\n`);
  // Asked to stop before everything is up: what has been opened still has to be closed.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  let stack: Stack | undefined;
  try {
    const { CLICKHOUSE_URL: clickhouseUrl } = process.env;
    const tls = folder === undefined ? undefined : await readTlsFiles(folder);
    stack = await startStack({ config, dataDir, port, tls, clickhouseUrl: clickhouseUrl || undefined, say: tell });
    if (json) process.stdout.write(`${JSON.stringify(stack.ready)}\n`);
    else print(welcome(stack, Date.now() - startedAt));
    let sending: TrafficRun | undefined;
    if (traffic.kind !== 'none') sending = await runTraffic(stack, config.clickhouse.database, traffic, print);
    await Promise.race([stopped, ...(sending === undefined ? [] : [sending.finished])]);
    const missing = await sending?.stop();
    if (traffic.kind === 'replay' && missing !== 0) process.exitCode = 1;
    // Whoever read the ready line may have questions about the data.
    if (json) await stopped;
  } finally {
    await stack?.stop();
    if (data === undefined && existsSync(dataDir)) rmSync(dataDir, { recursive: true });
  }
}

function welcome({ ready, auditFile }: Stack, milliseconds: number): string {
  const send = `npm run edgehouse -- send FILE --format combined --stream web_events --api ${ready.api}`;
  return [
    `edgehouse is ready after ${(milliseconds / 1000).toFixed(1)} s`,
    `  api         ${ready.api}`,
    `  edge        ${ready.edge}  (pages, and POST /collect)`,
    `  clickhouse  ${ready.clickhouse}  (user ${ready.clickhouseHeaders['X-ClickHouse-User']})`,
    `  issuer      ${ready.issuer}`,
    `  edgekv item ${ready.edgekvItem}`,
    `  audit lines ${auditFile}`,
    `Send a log of your own: ${send} --credentials ${ready.edgekvItem} --source ${ready.source}`,
    'Ctrl-C stops.',
    '',
  ].join('\n');
}

try {
  await run(parseStartOptions(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const usage = error instanceof TypeError || error instanceof RangeError ? `\n${USAGE}` : '';
  process.stderr.write(`edgehouse could not start: ${message}${usage}\n`);
  process.exitCode = 1;
}
