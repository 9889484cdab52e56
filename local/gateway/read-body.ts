import type { IncomingMessage } from 'node:http';

/** API Gateway quota (http-api-quotas): "Payload size", 10 MB. */
export const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

/** How reading a request's body ended. */
export type BodyOutcome =
  | { readonly kind: 'read'; readonly body: Uint8Array }
  /** The request stands paused where the limit was passed, or before its first byte if its length said so. */
  | { readonly kind: 'tooLarge' }
  /** The client went away: nobody is left to answer. */
  | { readonly kind: 'aborted' };

/** Reads a body whole, but never more than the gateway takes. */
export function readBody(request: IncomingMessage): Promise<BodyOutcome> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (outcome: BodyOutcome): void => {
      request.off('data', take).off('end', end).off('close', abort).off('error', abort);
      // An aborted request reports an error after it was settled; nobody is left to hear it.
      request.on('error', () => undefined);
      resolve(outcome);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes <= BODY_LIMIT_BYTES) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      settle({ kind: 'tooLarge' });
    };
    const end = (): void => settle({ kind: 'read', body: Buffer.concat(chunks, bytes) });
    const abort = (): void => settle({ kind: 'aborted' });
    request.on('data', take).on('end', end).on('close', abort).on('error', abort);
  });
}
