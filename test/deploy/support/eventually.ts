import { setTimeout as pause } from 'node:timers/promises';

/** What was waited for did not come. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
  readonly code = 'TOO_LATE';

  constructor(what: string, seconds: number) {
    super(`${what}: not seen within ${seconds} s. Next: read the log of the emulator, which follows.`);
  }
}

const LOOK_AGAIN_MS = 250;

/**
 * Looks until something is there: for what another process does in its own time.
 *
 * @param look gives undefined while there is nothing
 * @throws TooLateError after so many seconds; what `look` throws, at once
 */
export async function eventually<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new TooLateError(what, seconds);
    await pause(LOOK_AGAIN_MS);
  }
}
