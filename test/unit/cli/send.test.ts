import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCli } from '../../../cli/run-cli.ts';
import { contentDigest, verifyBatchSignature } from '../../../functions/shared/batch-signature.ts';

const NOW = 1_763_884_800_000;
const KEY = Buffer.alloc(32, 7);

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
type Reply = { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> } | 'reset';

let server: Server;
let api: string;
let seen: Seen[];
/** Answers the n-th request. */
let reply: (request: Seen, index: number) => Reply;
let folder: string;

beforeEach(async () => {
  seen = [];
  reply = (request) => stored(request);
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-send-'));
  server = createServer(async (request, response) => {
    const one: Seen = {
      url: request.url ?? '',
      headers: request.headers,
      body: await buffer(request),
    };
    const answer = reply(one, seen.push(one) - 1);
    if (answer === 'reset') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  api = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('send', () => {
  test('sends every row once in signed batches, prints a receipt for each and says what became of them', async () => {
    const run = await send(rows(5), ['--batch', '2', '--concurrency', '1']);

    expect(run.status).toBe(0);
    expect(seen.map(({ body }) => body.toString())).toEqual(['{"n":0}\n{"n":1}', '{"n":2}\n{"n":3}', '{"n":4}']);
    for (const request of seen) expect(signatureOf(request)).toBe('valid');
    expect(run.out.slice(0, 3)).toEqual(
      seen.map(
        (request) => `${id(request)} stored: ${rowsIn(request)} received, ${rowsIn(request)} accepted, 0 quarantined`,
      ),
    );
    expect(run.out[3]).toBe(
      '5 lines read, 0 refused by the parser, 5 rows received, 5 stored, 0 quarantined, 0 spooled, 0 failed batches, 0.0 s, 0 rows/s',
    );
  });

  test('compresses when asked to, and signs what it sends', async () => {
    const json = Array.from({ length: 20 }, (_, index) => JSON.stringify({ n: index, text: 'x'.repeat(index) })).join(
      '\n',
    );

    await send(json, ['--gzip']);

    expect(seen[0]?.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' });
    expect(seen.map(({ body }) => gunzipSync(body).toString())).toEqual([json]);
    expect(seen.map(signatureOf)).toEqual(['valid']);
  });

  test('repeats a batch that was not taken with the same id and bytes and a fresh signature', async () => {
    const answers: Reply[] = [
      { status: 503, body: {}, headers: { 'retry-after': '3' } },
      'reset',
      { status: 429, body: {} },
    ];
    reply = (request, index) => answers[index] ?? stored(request);

    const run = await send(rows(2));

    expect(run.status).toBe(0);
    expect(run.waits).toEqual([3000, 1000, 2000]);
    expect(new Set(seen.map(id)).size).toBe(1);
    expect(new Set(seen.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(seen.map(({ headers }) => headers['signature-input'])).size).toBe(4);
    expect(seen.map(signatureOf)).toEqual(['valid', 'valid', 'valid', 'valid']);
  });

  test('gives a batch up after five attempts, names its lines, and goes on with the next', async () => {
    reply = (request) => (request.body.includes('"n":0') ? { status: 500, body: {} } : stored(request));

    const run = await send(rows(4), ['--batch', '2', '--concurrency', '1']);

    expect(run.status).toBe(1);
    expect(seen).toHaveLength(6);
    expect(run.out[0]).toMatch(/ failed: 500 after 5 attempts; lines 1 to 2 not taken$/);
    expect(run.out.at(-1)).toContain('4 lines read, 0 refused by the parser, 2 rows received, 2 stored');
    expect(run.out.at(-1)).toContain('1 failed batches');
  });

  test('reads the credentials again when the token has expired on the way', async () => {
    let reads = 0;
    reply = (request) => {
      if (request.url === '/item') return { status: 200, body: JSON.parse(item(`a.b.${++reads}`)) };
      if (request.headers.authorization === 'Bearer a.b.1') return { status: 401, body: { code: 'TOKEN_EXPIRED' } };
      return stored(request);
    };

    const run = await send(rows(1), [], `${api}/item`);

    expect(run.status).toBe(0);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer a.b.1',
      undefined,
      'Bearer a.b.2',
    ]);
  });

  test('stops at once where no batch would be taken, and says why and what to do', async () => {
    const body = {
      code: 'POLICY_DENIED',
      detail: 'source is not of this principal',
      next: 'Have the policy allow it.',
    };
    reply = () => ({ status: 403, body });

    const run = await send(rows(50), ['--batch', '1', '--concurrency', '2']);

    expect(run.status).toBe(1);
    expect(seen.length).toBeLessThanOrEqual(2);
    expect(run.err).toEqual([
      'edgehouse: POLICY_DENIED: 403: source is not of this principal. Have the policy allow it.',
    ]);
  });

  test('does not follow a redirect: the token stays with the API', async () => {
    reply = () => ({ status: 307, body: {}, headers: { location: `${api}/elsewhere` } });

    const run = await send(rows(1));

    expect(seen.map(({ url }) => url)).toEqual(['/v1/streams/web_events/batches']);
    expect(run).toMatchObject({ status: 1, err: [expect.stringContaining('neither the gateway nor ingest answered')] });
  });

  test('names lines, columns and codes of refused rows, never a value, and ends with status 1', async () => {
    const errors = [{ row: 1, column: 'status', code: 'FIELD_TYPE', message: 'expected …' }];
    reply = (request) => ({ status: 200, body: { ...receiptOf(request), accepted: 1, quarantined: 1, errors } });

    const run = await send('{"secret":1}\n\nnot json, secret\n{"secret":2}');

    expect(run.status).toBe(1);
    expect(run.err).toEqual(['line 3 refused: it is not JSON']);
    expect(run.out.slice(1)).toEqual([
      '  line 4 (row 1) status: FIELD_TYPE',
      '3 lines read, 1 refused by the parser, 2 rows received, 1 stored, 1 quarantined, 0 spooled, 0 failed batches, 0.0 s, 0 rows/s',
    ]);
    expect([...run.out, ...run.err].join()).not.toContain('secret');
  });

  test('takes a spooled batch for taken, also before it is judged', async () => {
    reply = (request) => ({
      status: 202,
      body: { ...receiptOf(request), outcome: 'spooled', accepted: null, quarantined: null },
    });

    const run = await send(rows(3));

    expect(run.status).toBe(0);
    expect(run.out[0]).toMatch(/ spooled: 3 received, not judged yet$/);
    expect(run.out[1]).toContain('0 stored, 0 quarantined, 3 spooled');
  });

  test('keeps every batch below 4 MB', async () => {
    const line = JSON.stringify({ text: 'x'.repeat(900_000) });

    const run = await send(Array.from({ length: 9 }, () => line).join('\n'));

    expect(run.status).toBe(0);
    expect(seen.map(rowsIn).sort()).toEqual([1, 4, 4]);
    for (const { body } of seen) expect(body.length).toBeLessThan(4_000_000);
  });

  test('holds few batches at a time, however long the input', async () => {
    let taken = 0;
    let ahead = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; taken < 2000; taken++) {
        ahead = Math.max(ahead, taken - seen.length * 2);
        yield Buffer.from(`${JSON.stringify({ n: taken })}\n`);
      }
    }

    const run = await send(endless(), ['--batch', '2', '--concurrency', '3']);

    expect(run.status).toBe(0);
    expect(seen).toHaveLength(1000);
    // 3 in flight and 1 being filled, and what the sockets have not told yet.
    expect(ahead).toBeLessThanOrEqual(10);
  });

  test('says that nobody answers, and what of the input is not there', async () => {
    const closed = await send(rows(1), ['--api', await closedPort()]);
    const missing = await runSend(['send', join(folder, 'none'), ...options(itemFile())], '');

    expect(closed.status).toBe(1);
    expect(closed.out[0]).toMatch(/failed: .*ECONNREFUSED.* after 5 attempts; lines 1 to 1 not taken/);
    expect(missing.status).toBe(1);
    expect(missing.err[0]).toMatch(/^edgehouse: ENOENT/);
  });

  test('says what is wrong with the credentials before it sends anything', async () => {
    const run = await send(rows(1), [], join(folder, 'no-item.json'));

    expect(run.status).toBe(1);
    expect(run.err[0]).toMatch(
      /^edgehouse: CREDENTIALS_INVALID: credentials: ENOENT.*Check the path given to --credentials\./,
    );
    expect(seen).toEqual([]);
  });

  test('ends with status 2 and a hint on a wrong command line', async () => {
    const run = await runSend(['send', '--strem', 'x'], '');

    expect(run).toMatchObject({
      status: 2,
      out: [],
      err: [
        'edgehouse: unknown option --strem; did you mean --stream?\nRun edgehouse help for the commands and options.',
      ],
    });
  });
});

async function send(input: string | AsyncIterable<Uint8Array>, extra: readonly string[] = [], place = itemFile()) {
  const own = options(place).filter(
    (_, index, all) => !(extra.includes('--api') && (all[index] === '--api' || all[index - 1] === '--api')),
  );
  return runSend(['send', ...own, ...extra], input);
}

async function runSend(args: readonly string[], input: string | AsyncIterable<Uint8Array>) {
  const [out, err, waits]: [string[], string[], number[]] = [[], [], []];
  let now = NOW;
  let id = 0;
  const status = await runCli(
    args,
    {},
    {
      stdin: typeof input === 'string' ? whole(input) : input,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      // Each id has other bytes.
      randomBytes: (count) => Buffer.alloc(count, ++id % 256),
      fetch,
      interrupted: () => new AbortController().signal,
      now: () => now,
      random: () => 1,
      wait: async (milliseconds) => {
        waits.push(milliseconds);
        now += milliseconds;
      },
    },
  );
  return { status, out, err, waits };
}

async function closedPort(): Promise<string> {
  const brief = createServer();
  await new Promise<void>((resolve) => brief.listen(0, '127.0.0.1', resolve));
  const address = brief.address();
  await new Promise((resolve) => brief.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function options(place: string): string[] {
  return ['--api', api, '--stream', 'web_events', '--source', 'ew/1/2', '--credentials', place];
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function rows(count: number): string {
  return Array.from({ length: count }, (_, n) => JSON.stringify({ n })).join('\n');
}

function item(token: string): string {
  const seconds = NOW / 1000;
  return JSON.stringify({
    v: 1,
    token,
    key: KEY.toString('base64url'),
    keyId: '3.abc',
    notBefore: seconds - 60,
    exp: seconds + 3600,
  });
}

function itemFile(): string {
  const path = join(folder, 'item.json');
  writeFileSync(path, item('a.b.c'));
  return path;
}

function receiptOf(request: Seen) {
  const received = rowsIn(request);
  return {
    batchId: id(request),
    stream: 'web_events',
    outcome: 'stored',
    received,
    accepted: received,
    quarantined: 0,
    errors: [],
  };
}

function stored(request: Seen): Reply {
  return { status: 200, body: receiptOf(request) };
}

function id({ headers }: Seen): string {
  return String(headers['edge-batch-id']);
}

function rowsIn({ headers }: Seen): number {
  return Number(headers['edge-batch-rows']);
}

/** By the verifier of ingest, over what arrived. */
function signatureOf({ url, headers, body }: Seen): string {
  const digest = contentDigest(new Uint8Array(createHash('sha256').update(body).digest()));
  const message = {
    path: url,
    contentType: String(headers['content-type']),
    contentEncoding: headers['content-encoding'],
    contentDigest: digest,
    batchId: String(headers['edge-batch-id']),
    batchRows: String(headers['edge-batch-rows']),
    source: String(headers['edge-source']),
  };
  const signature = { signatureInput: String(headers['signature-input']), signature: String(headers['signature']) };
  return verifyBatchSignature(message, signature, (keyId) => (keyId === '3.abc' ? KEY : undefined), NOW / 1000).kind;
}
