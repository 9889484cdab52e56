import { seeded } from '../../local/seeded.ts';

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

export function seededValues(seed: number): SeededValues {
  const unit = seeded(seed);
  const below = (limit: number) => (unit() * 2 ** 32) % limit;
  const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    below,
    hex,
    pick: (values) => values[below(values.length)] ?? '',
    once: (inSo) => below(inSo) === 0,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
