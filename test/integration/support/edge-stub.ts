import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../../../local/listen.ts';

/** What a stub does with a request that it has read whole. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
      /** Milliseconds before it answers. @default 0 */
      readonly afterMs?: number;
    }
  /** Sends the head, a part of the body, and nothing more. */
  | { readonly kind: 'half'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'silent' }
  | { readonly kind: 'cut' };

export interface StubCall {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** How the stub's answer ended: out, or given up by whoever asked. Undefined while the stub holds it back. */
  readonly outcome: () => 'answered' | 'abandoned' | undefined;
  /** Resolves when there is an outcome. */
  readonly over: Promise<void>;
}

/** One caller's view of a stub: it answers in turn, and the last reply stays. */
export interface Script {
  readonly calls: readonly StubCall[];
  /** From now on, answers wait until they are released. */
  hold(): void;
  release(): void;
}

export interface Stub {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  script(caller: string, replies: readonly Reply[]): Script;
  close(): Promise<void>;
}

interface Entry {
  readonly replies: readonly Reply[];
  readonly calls: StubCall[];
  gate: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
}

/** A server on loopback that does what a test says. @param callerOf tells from a request whose script applies */
export async function startStub(callerOf: (message: IncomingMessage) => string | undefined): Promise<Stub> {
  const entries = new Map<string, Entry>();
  const server = createServer(async (message, response) => {
    const entry = entries.get(callerOf(message) ?? '');
    if (entry === undefined) {
      response.writeHead(599).end('no script for this caller');
      return;
    }
    const over = Promise.withResolvers<void>();
    let outcome: 'answered' | 'abandoned' | undefined;
    response.on('close', () => {
      outcome = response.writableFinished ? 'answered' : 'abandoned';
      over.resolve();
    });
    const body = await text(message).catch(() => '');
    const { method = '', headers } = message;
    entry.calls.push({ method, headers, body, outcome: () => outcome, over: over.promise });
    const reply = entry.replies[Math.min(entry.calls.length, entry.replies.length) - 1];
    await entry.gate?.promise;
    if (reply !== undefined && !response.destroyed) play(reply, response);
  });
  const origin = await listen(server, 0);
  return {
    origin,
    script(caller, replies) {
      const entry: Entry = { replies, calls: [], gate: undefined };
      entries.set(caller, entry);
      return {
        calls: entry.calls,
        hold: () => {
          entry.gate ??= Promise.withResolvers<void>();
        },
        release: () => {
          entry.gate?.resolve();
          entry.gate = undefined;
        },
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function play(reply: Reply, response: ServerResponse): void {
  switch (reply.kind) {
    case 'answer': {
      const answer = () => response.writeHead(reply.status, reply.headers).end(reply.body);
      if (reply.afterMs === undefined) {
        answer();
        return;
      }
      const timer = setTimeout(answer, reply.afterMs);
      response.on('close', () => clearTimeout(timer));
      return;
    }
    case 'half':
      response.writeHead(reply.status, reply.headers).write('{"batchId":"');
      return;
    case 'silent':
      return;
    case 'cut':
      response.destroy();
      return;
    default:
      reply satisfies never;
  }
}
