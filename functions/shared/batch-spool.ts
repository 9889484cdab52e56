/** Keeps what ClickHouse could not take: objects by name, in S3 on AWS and in files in the local stack. */
export interface BatchSpool {
  /**
   * Puts an object under a name that is still free: whoever comes first wins.
   * Resolves when the object is durable. @throws SpoolError
   */
  create(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<'created' | 'exists'>;
  /** Puts an object whatever lies there. @throws SpoolError */
  replace(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The object, or undefined where there is none. @throws SpoolError */
  read(name: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /** Removes the object; one that is not there is no error. @throws SpoolError */
  remove(name: string, signal: AbortSignal): Promise<void>;
}

/** Objects under this prefix are announced to the replay queue; nothing else is (design §3.6). */
export const SPOOL_PREFIX = 'spool/';

/** The spool did not answer as it should; the reason is in `cause`. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  readonly code = 'SPOOL_FAILED';
  readonly retryable = true;
  /** @param options `seen`: what came instead of the answer */
  constructor(
    what: string,
    { seen = 'no answer that counts', ...options }: ErrorOptions & { readonly seen?: string } = {},
  ) {
    super(`${what} failed: ${seen}. Check the spool's bucket, its key and the function's rights.`, options);
  }
}
