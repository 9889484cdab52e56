import { seeded } from '../seeded.ts';
import type { EdgeChance } from './edge-options.ts';

/** Answers that a dropped call may still hear: an EdgeKV read, then a POST, is what most of them wait for. */
const MOST_HEARD = 2;

/**
 * Draws for each call, in their order, how many answers of its sub-requests it hears once its handler has ended.
 *
 * @returns undefined: all of them
 */
export function drawHearing(chance: EdgeChance | undefined): () => number | undefined {
  if (chance === undefined) return () => undefined;
  const random = seeded(chance.seed);
  return () => {
    const [drop, heard] = [random(), random()];
    return drop < chance.dropped ? Math.floor(heard * (MOST_HEARD + 1)) : undefined;
  };
}
