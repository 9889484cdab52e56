import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { HeaderList } from './header-list.ts';

/** What the visitor gets, before its head is out. */
export interface Answer {
  status: number;
  /** The site's own reason phrase, for the status that it had. */
  readonly reason?: { readonly status: number; readonly phrase: string };
  readonly headers: HeaderList;
  readonly body: AnswerBody;
}

export type AnswerBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'site'; readonly stream: IncomingMessage }
  | { readonly kind: 'made'; readonly stream: ReadableStream; readonly wallMs: number; readonly sent: () => void };

/** The runtime's own words. */
export function plainAnswer(status: number, text: string): Answer {
  return {
    status,
    headers: new HeaderList(['Content-Type', 'text/plain; charset=utf-8']),
    body: { kind: 'text', text: `${text}\n` },
  };
}

/** An answer that is not going to be sent: its source may stop. */
export function dropAnswer(answer: Answer): void {
  if (answer.body.kind === 'site') answer.body.stream.destroy();
}

/** Sends an answer. A source that fails cuts the visitor's connection, for the head is out; a visitor that goes away ends the source. */
export async function sendAnswer(answer: Answer, response: ServerResponse): Promise<void> {
  const { status, reason, headers, body } = answer;
  if (body.kind !== 'site') headers.remove('content-length');
  if (body.kind === 'text') headers.set('Content-Length', [String(Buffer.byteLength(body.text))]);
  headers.removeHopByHop();
  if (reason?.status === status) response.writeHead(status, reason.phrase, headers.raw());
  else response.writeHead(status, headers.raw());
  switch (body.kind) {
    case 'text':
      response.end(body.text);
      return;
    case 'site':
      await pipeline(body.stream, response).catch(() => undefined);
      return;
    case 'made': {
      const giveUp = AbortSignal.timeout(Math.max(1, Math.ceil(body.wallMs)));
      await pipeline(Readable.fromWeb(body.stream), response, { signal: giveUp }).catch(() => response.destroy());
      body.sent();
      return;
    }
    default:
      body satisfies never;
  }
}
