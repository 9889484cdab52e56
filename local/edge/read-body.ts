import type { IncomingMessage } from 'node:http';

/**
 * Reads a visitor's body whole, once a handler asks.
 *
 * @throws Error above the limit, or when the visitor went away
 */
export function readBody(message: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= limitBytes) chunks.push(chunk);
      else reject(new Error(`the request's body is over ${limitBytes} bytes`));
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('close', () => reject(new Error('the visitor went away')));
    message.on('error', () => reject(new Error('the visitor went away')));
  });
}
