const UNITS: readonly (readonly [unit: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/** A span of time in the largest unit of which there are at least two, rounded down. */
export function describeSpan(milliseconds: number): string {
  const found = UNITS.find(([, length]) => milliseconds >= 2 * length);
  const [unit, length] = found ?? ['s', 1000];
  return `${Math.max(0, Math.floor(milliseconds / length))} ${unit}`;
}
