/** Random values that a seed stands for: the same seed gives the same values on every day and machine. */
export interface SeededValues {
  /** An integer from 0, below the limit. */
  below(limit: number): number;
  /** One of them. */
  pick(values: readonly string[]): string;
  /** True once in so many calls. */
  once(inSo: number): boolean;
  /** So many hexadecimal digits. */
  hex(digits: number): string;
  uuid(): string;
}

/** Mulberry32, a small well-mixed generator: `Math.random` takes no seed. */
export function seededValues(seed: number): SeededValues {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    below,
    hex,
    pick: (values) => values[below(values.length)] ?? '',
    once: (inSo) => below(inSo) === 0,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
