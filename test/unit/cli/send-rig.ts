import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { runCli } from '../../../cli/run-cli.ts';
import { contentDigest, verifyBatchSignature } from '../../../functions/shared/batch-signature.ts';
import { listen } from '../../../local/listen.ts';

const NOW = 1_763_884_800_000;
const KEY = Buffer.alloc(32, 7);

export interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
export type Reply =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | 'reset';

export interface SendRun {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** Milliseconds that it waited, each time. */
  readonly waits: readonly number[];
}

/** `edgehouse send` in front of an API that answers as a test says. */
export interface SendRig {
  readonly api: string;
  /** What has arrived, in order. */
  readonly seen: readonly Seen[];
  /** Answers the n-th request; by default each batch is stored. */
  reply: (request: Seen, index: number) => Reply;
  /** A folder of its own. */
  readonly folder: string;
  /** @param place of the credentials */
  send(input: string | AsyncIterable<Uint8Array>, extra?: readonly string[], place?: string): Promise<SendRun>;
  runSend(args: readonly string[], input: string): Promise<SendRun>;
  /** Where and as whom to send. */
  options(place?: string): string[];
  close(): Promise<void>;
}

export async function startSendRig(): Promise<SendRig> {
  const seen: Seen[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'edgehouse-send-'));
  const server = createServer(async (request, response) => {
    const one: Seen = { url: request.url ?? '', headers: request.headers, body: await buffer(request) };
    const answer = rig.reply(one, seen.push(one) - 1);
    if (answer === 'reset') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
  });
  const itemPath = join(folder, 'item.json');
  writeFileSync(itemPath, item('a.b.c'));
  const rig: SendRig = {
    api: await listen(server, 0),
    seen,
    reply: stored,
    folder,
    async send(input, extra = [], place) {
      const own = rig
        .options(place)
        .filter(
          (_, index, all) => !(extra.includes('--api') && (all[index] === '--api' || all[index - 1] === '--api')),
        );
      return runSend(['send', ...own, ...extra], input);
    },
    runSend,
    options: (place = itemPath) => {
      return ['--api', rig.api, '--stream', 'web_events', '--source', 'ew/1/2', '--credentials', place];
    },
    async close() {
      rmSync(folder, { recursive: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return rig;
}

async function runSend(args: readonly string[], input: string | AsyncIterable<Uint8Array>): Promise<SendRun> {
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

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export function rows(count: number): string {
  return Array.from({ length: count }, (_, n) => JSON.stringify({ n })).join('\n');
}

export function item(token: string): string {
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

export function receiptOf(request: Seen) {
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

export function stored(request: Seen): Reply {
  return { status: 200, body: receiptOf(request) };
}

export function id({ headers }: Seen): string {
  return String(headers['edge-batch-id']);
}

export function rowsIn({ headers }: Seen): number {
  return Number(headers['edge-batch-rows']);
}

/** By the verifier of ingest, over what arrived. */
export function signatureOf({ url, headers, body }: Seen): string {
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
