import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from '../../../local/listen.ts';

/** An answer of ClickHouse, whole. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * What becomes of a statement on its way. `forward` has ClickHouse run it, to its end, whether or not the caller still listens.
 * The reply that it returns goes to the caller; `silence` leaves the caller waiting, `reset` cuts its connection, `half-close` ends the
 * one direction of it.
 */
export type Fault = (forward: Forward) => Promise<Reply | 'silence' | 'reset' | 'half-close'>;

/** @param change what ClickHouse gets to read instead of what the caller wrote */
export type Forward = (change?: Change) => Promise<Reply>;

export interface Change {
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters of the address, settings for instance. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A ClickHouse between which and its callers a test may stand. */
export interface FaultProxy {
  /** Origin, `http://127.0.0.1:port`. */
  readonly url: string;
  /** Every statement that was asked for, in order, whatever became of it. */
  readonly statements: readonly string[];
  /** Has statements that match meet with a fault; the fault that was set last is asked first. */
  set(match: RegExp, fault: Fault): void;
  /** From now on ClickHouse does not know the password of this user, whatever else is set or cleared. */
  refuse(username: string): void;
  /** ClickHouse is well again: every statement passes. */
  clear(): void;
  /** Waits until ClickHouse is done with every statement that it got, those that nobody waits for any more among them. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export const ANY = /(?:)/;
export const ROWS_INSERT = /^INSERT INTO `web_events`/;
export const QUARANTINE_INSERT = /^INSERT INTO `quarantine`/;
export const LEDGER = /FROM batches/;
export const DESCRIBE = /FROM system\.columns/;

/** ClickHouse refuses the statement with this code of its own. */
export function failWith(code: number): Fault {
  return async () => ({
    status: 500,
    headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-exception-code': String(code) },
    body: Buffer.from(`Code: ${code}. DB::Exception: made up by a test. (TEST_FAULT) (version 26.7.1.1)\n`),
  });
}

/** ClickHouse never gets the statement, and the caller no answer. */
export const hang: Fault = async () => 'silence';

/** The connection is cut before ClickHouse gets the statement. */
export const reset: Fault = async () => 'reset';

/** ClickHouse does what it was asked to, and then the connection is cut: the caller cannot know. */
export const loseAnswer: Fault = async (forward) => {
  await forward();
  return 'reset';
};

/** ClickHouse does what it was asked to, and its answer never comes: the caller loses patience, and cannot know. */
export const withholdAnswer: Fault = async (forward) => {
  await forward();
  return 'silence';
};

/** ClickHouse does not know this password. */
export const wrongPassword: Fault = (forward) =>
  forward({ headers: { authorization: `Basic ${Buffer.from('admin:stale').toString('base64')}` } });

/** ClickHouse may only be read. */
export const readOnly: Fault = (forward) => forward({ parameters: { readonly: '1' } });

/** ClickHouse says 200, and then that it failed; whether it did is another matter. */
export function failLate(code: number, isDone: boolean): Fault {
  return async (forward) => {
    if (isDone) await forward();
    const body = Buffer.from(`Code: ${code}. DB::Exception: made up by a test. (TEST_FAULT) (version 26.7.1.1)\n`);
    return { status: 200, headers: { 'content-type': 'text/plain; charset=UTF-8' }, body };
  };
}

/** The other side ends its half of the connection and says nothing, as a load balancer does that loses its ClickHouse. */
export const halfClose: Fault = async () => 'half-close';

/** @param upstream origin of ClickHouse */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const statements: string[] = [];
  let faults: { readonly match: RegExp; readonly fault: Fault }[] = [];
  let refused: string | undefined;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const url = new URL(incoming.url ?? '/', upstream);
    // The client names an insert in the address and sends any other statement as the body.
    const statement = url.searchParams.get('query') ?? body.toString();
    statements.push(statement);
    const isRefused = refused !== undefined && usernameOf(incoming) === refused;
    const fault = isRefused ? wrongPassword : faults.find(({ match }) => match.test(statement))?.fault;
    const forward: Forward = (change = {}) => ask(changed(url, change), incoming, body, change.headers);
    const reply = await (fault === undefined ? forward() : fault(forward));
    if (reply === 'silence') return;
    if (reply === 'reset') return void response.destroy();
    if (reply === 'half-close') return void incoming.socket.end();
    response.writeHead(reply.status, reply.headers).end(reply.body);
  }

  const underWay = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    const done = answer(incoming, response)
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(done));
    underWay.add(done);
  });
  const url = await listen(server, 0);
  return {
    url,
    statements,
    set: (match, fault) => {
      faults = [{ match, fault }, ...faults];
    },
    refuse: (username) => {
      refused = username;
    },
    clear: () => {
      faults = [];
    },
    async settled() {
      await Promise.all(underWay);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function usernameOf({ headers: { authorization = '' } }: IncomingMessage): string | undefined {
  return Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')[0];
}

function changed(url: URL, { parameters = {} }: Change): URL {
  const other = new URL(url);
  for (const [name, value] of Object.entries(parameters)) other.searchParams.set(name, value);
  return other;
}

async function ask(
  url: URL,
  { method, headers }: IncomingMessage,
  body: Buffer,
  instead: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { connection, 'transfer-encoding': encoding, ...kept } = headers;
  // A connection of its own: one kept alive would outlive an engine that is killed.
  const outgoing = request(url, {
    method,
    agent: false,
    headers: { ...kept, ...instead, 'content-length': body.length },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  outgoing.end(body);
  const incoming = await answered;
  const { connection: theirs, 'transfer-encoding': chunked, ...answerHeaders } = incoming.headers;
  return { status: incoming.statusCode ?? 500, headers: answerHeaders, body: await bodyOf(incoming) };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
