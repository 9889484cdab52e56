import { setTimeout } from 'node:timers/promises';

const DEADLINE_MS = 20_000;

/** Looks again and again until it holds. @throws once 20 s are over */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 20 s');
    await setTimeout(20);
  }
}
