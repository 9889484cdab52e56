import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { config } from '#config';
import { readMissing, stateLine } from './report-state.ts';
import { type Stack, startStack } from './start-stack.ts';
import { startTraffic } from './traffic.ts';

const USAGE = `npm start -- [--no-traffic] [--port N] [--data DIR] [--json]
  --no-traffic   start everything, send nothing
  --port N       port of the API (default: any free one)
  --data DIR     keep database, secrets and audit lines there (default: a temporary folder)
  --json         print one ready line on standard output and nothing else
  CLICKHOUSE_URL http://admin:password@host:port uses that server instead of the embedded one`;

const STATE_EVERY_MS = 5000;
const SEED = 20_261_123;

interface Options {
  readonly traffic: boolean;
  readonly json: boolean;
  readonly port: number | undefined;
  readonly data: string | undefined;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'no-traffic': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      port: { type: 'string' },
      data: { type: 'string' },
    },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new RangeError('--port: expected a number from 0 to 65535.');
  }
  return { traffic: !values['no-traffic'], json: values.json, port, data: values.data };
}

async function run(options: Options): Promise<void> {
  const startedAt = Date.now();
  const dataDir = options.data ?? mkdtempSync(join(tmpdir(), 'edgehouse-'));
  const tell = (message: string) => process.stderr.write(`${message}\n`);
  const print = options.json ? () => {} : (message: string) => process.stdout.write(`${message}\n`);
  // Asked to stop before everything is up: what has been opened still has to be closed.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  let stack: Stack | undefined;
  try {
    const { CLICKHOUSE_URL: clickhouseUrl } = process.env;
    stack = await startStack({
      config,
      dataDir,
      port: options.port,
      clickhouseUrl: clickhouseUrl || undefined,
      say: tell,
    });
    if (options.json) process.stdout.write(`${JSON.stringify(stack.ready)}\n`);
    else print(welcome(stack, Date.now() - startedAt));
    const traffic = options.traffic ? startTraffic(stack.ready, SEED) : undefined;
    const state = async () => {
      if (traffic === undefined || stack === undefined) return;
      const missing = await readMissing(stack.ready, config.clickhouse.database);
      print(stateLine(traffic.counts, missing, traffic.secondsOfToken()));
    };
    const every = setInterval(() => state().catch((error: Error) => tell(error.message)), STATE_EVERY_MS);
    await stopped;
    clearInterval(every);
    await traffic?.stop();
    if (traffic !== undefined) print(`\nsummary after ${Math.round((Date.now() - startedAt) / 1000)} s`);
    await state();
  } finally {
    await stack?.stop();
    if (options.data === undefined && existsSync(dataDir)) rmSync(dataDir, { recursive: true });
  }
}

function welcome({ ready, auditFile }: Stack, milliseconds: number): string {
  const send = `npm run edgehouse -- send FILE --format combined --stream web_events --api ${ready.api}`;
  return [
    `edgehouse is ready after ${(milliseconds / 1000).toFixed(1)} s`,
    `  api         ${ready.api}`,
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
  await run(readOptions(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const usage = error instanceof TypeError || error instanceof RangeError ? `\n${USAGE}` : '';
  process.stderr.write(`edgehouse could not start: ${message}${usage}\n`);
  process.exitCode = 1;
}
