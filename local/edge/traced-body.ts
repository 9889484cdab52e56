import { randomUUID } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import type { Answer } from './answer.ts';

/**
 * An answer of `responseProvider` whose body has the trace behind it, as a second part (techdocs: Enhanced debug headers for
 * responseProvider).
 *
 * @param trace asked for once the body is out
 */
export function withTrace(answer: Answer, trace: () => string): Answer {
  const { body, headers } = answer;
  if (body.kind === 'site') return answer;
  const boundary = randomUUID();
  const head = partHead(boundary, 'application/octet-stream', 'response-provider-body');
  const tail = (): string =>
    `\r\n${partHead(boundary, 'text/plain;charset=UTF-8', 'stream-trace')}${trace()}\r\n--${boundary}--\r\n`;
  headers.set('Content-Type', [`multipart/form-data; boundary=${boundary}`]);
  headers.set('Content-Disposition', ['attachment']);
  if (body.kind === 'text') return { ...answer, body: { kind: 'text', text: `${head}${body.text}${tail()}` } };
  const { stream } = body;
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(head);
    yield* stream;
    yield Buffer.from(tail());
  }
  return { ...answer, body: { ...body, stream: ReadableStream.from(parts()) } };
}

function partHead(boundary: string, type: string, name: string): string {
  return `--${boundary}\r\ncontent-type: ${type}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n`;
}
