/** A time was over before what was waited for came. What failed to come may be well, only late. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
  readonly code = 'OUT_OF_TIME';
  readonly retryable = true;
  constructor() {
    super('The time was over before secrets were read and rows judged. Look what was slow just before.');
  }
}

/** What `work` gives, where it does so while there is time; it goes on afterwards all the same. @throws OutOfTimeError besides what `work` throws */
export async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const end = () => reject(new OutOfTimeError());
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await Promise.race([over, work]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
