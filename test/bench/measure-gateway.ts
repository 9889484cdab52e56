import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import { type Credentials, parseCredentials } from '../../local/credentials.ts';
import type { ReadyLine } from '../../local/start-stack.ts';
import { createRawPost } from './baseline/post-raw-body.ts';
import { BatchNotStoredError } from './batch-not-stored-error.ts';
import { type BenchBatch, benchBatch } from './bench-batch.ts';
import { benchConfig } from './bench-config.ts';
import { type CompareOptions, compare, contender } from './compare.ts';
import { DATA_SETS } from './data-sets.ts';
import { comparedFigure, type Figure } from './figure.ts';
import { postBody } from './post-body.ts';

const ROWS = 10;
const CONNECTIONS = 8;
/** In a round, over all connections. */
const REQUESTS = 40;

export const GATEWAY_FIGURE = `gateway requests/s, batch of ${ROWS}, ${CONNECTIONS} connections`;

/**
 * Requests a second through all of `npm start`, in a process of its own: gateway, authorizer, ingest, embedded ClickHouse. Beside them
 * the same bodies posted to that ClickHouse as they are.
 *
 * @throws BatchNotStoredError
 */
export async function measureGateway(options: CompareOptions): Promise<readonly Figure[]> {
  const stack = await startStack();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const { database } = benchConfig.clickhouse;
  const ceiling = createRawPost({ ...stack.admin, database, table: 'web_events' });
  try {
    const [webEvents] = DATA_SETS;
    if (webEvents === undefined) return [];
    const batch = benchBatch(webEvents, 'json', ROWS);
    const ours = contender(() => {
      const requests = Array.from({ length: REQUESTS }, () => signedRequest(batch, stack.ready, stack.credentials));
      return () =>
        inParallel(requests, async ({ path, headers, body }) => {
          const answer = await postBody(`${stack.ready.api}${path}`, agent, headers, body);
          if (answer.status !== 200) throw new BatchNotStoredError(batch, `${answer.status} ${answer.text}`);
        });
    });
    const raw = contender(() => {
      const batches = Array.from({ length: REQUESTS }, () => batch);
      return () => inParallel(batches, (one) => ceiling.post(one));
    });
    await compare([ours, raw], options);
    const perSecond = (ms: readonly number[]) => ms.map((took) => (REQUESTS / took) * 1000);
    return [comparedFigure(GATEWAY_FIGURE, 'requests/s', perSecond(ours.ms), perSecond(raw.ms))];
  } finally {
    agent.destroy();
    ceiling.close();
    await stack.stop();
  }
}

/** So many at a time as there are connections. */
async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

function signedRequest({ body, rows }: BenchBatch, { source }: ReadyLine, { token, key, keyId }: Credentials) {
  return batchRequest({
    stream: 'web_events',
    body,
    contentType: 'application/json',
    rows,
    batchId: randomUUID(),
    source,
    token,
    key,
    keyId,
    nowSeconds: Math.floor(Date.now() / 1000),
  });
}

function adminOf({ clickhouseAdmin = '' }: ReadyLine) {
  const { origin, username, password } = new URL(clickhouseAdmin);
  return { url: origin, username, password };
}

async function startStack() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const child = spawn(process.execPath, ['local/start.ts', '--no-traffic', '--json'], {
    cwd: root,
    // A server that the bench is not meant for must not be filled.
    env: { ...process.env, CLICKHOUSE_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
  };
  try {
    const ready = await readyLine(child);
    const item = await fetch(ready.edgekvItem);
    const credentials = parseCredentials(await item.text(), Math.floor(Date.now() / 1000));
    return { ready, credentials, admin: adminOf(ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readyLine(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<ReadyLine> {
  for await (const line of createInterface(child.stdout)) return JSON.parse(line);
  throw new Error('npm start ended before it was ready; what it said is above');
}
