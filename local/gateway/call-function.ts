/** How a call of a function ended, as the gateway sees it. */
export type CallOutcome =
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'timeout' };

/**
 * Lambda's 6 MB for synchronous calls. The figure is from its error for answers ("exceeded maximum allowed payload
 * size (6291556 bytes)") and serves for events too; for those AWS's error has been quoted with 6291456, 100 less.
 */
export const LAMBDA_PAYLOAD_BYTES = 6_291_556;

/** A function's answer does not fit Lambda's limit. */
export class ResponseTooLargeError extends Error {
  override readonly name = 'ResponseTooLargeError';
  readonly code = 'RESPONSE_TOO_LARGE';

  constructor(bytes: number) {
    super(
      `The function answered ${bytes} bytes as JSON. Expected at most ${LAMBDA_PAYLOAD_BYTES}, Lambda's limit. ` +
        'Next: answer less in one call.',
    );
  }
}

/**
 * Calls a function as Lambda does: its answer crosses the boundary as JSON (so nothing is shared with the caller, and
 * what JSON cannot say is a failure), and it has a deadline. A call that ends after the deadline is forgotten.
 *
 * @param timeoutMs milliseconds
 */
export async function callFunction(call: () => Promise<unknown>, timeoutMs: number): Promise<CallOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<CallOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timeout' }), timeoutMs);
  });
  try {
    return await Promise.race([outcomeOf(call), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

async function outcomeOf(call: () => Promise<unknown>): Promise<CallOutcome> {
  try {
    // The Node runtime sends null for what JSON leaves out (undefined, a function).
    const payload = JSON.stringify(await call()) ?? 'null';
    const bytes = Buffer.byteLength(payload);
    if (bytes > LAMBDA_PAYLOAD_BYTES) return { kind: 'failed', error: new ResponseTooLargeError(bytes) };
    return { kind: 'returned', payload };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
