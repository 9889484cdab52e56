import { seeded } from '../../../local/seeded.ts';

/** Draws for one case. */
export interface Draw {
  readonly unit: () => number;
  /** From `least` to `most`, both included. */
  readonly int: (least: number, most: number) => number;
  readonly chance: (part: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
}

export function drawing(seed: number): Draw {
  const unit = seeded(seed);
  const int = (least: number, most: number): number => least + Math.floor(unit() * (most - least + 1));
  return {
    unit,
    int,
    chance: (part) => unit() < part,
    // Of a list that holds undefined, it may be picked too.
    pick: <T>(from: readonly T[]) => from[int(0, from.length - 1)] as T,
  };
}

/** The seed of one case of many. */
export function caseSeed(seed: number, index: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35);
}
