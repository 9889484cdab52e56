const DIGITS = { 'rows/s': 0, 'requests/s': 0, ms: 3, 'ms/MB': 2, bytes: 0, '× body': 2 } as const;

export type Unit = keyof typeof DIGITS;

/** A measured value and what stands beside it, all from the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  /** The same of what it is compared with. */
  readonly baseline?: number;
  /**
   * `value / baseline`, the median over the rounds: what slows one moment slows both sides of its round. Of rows and requests a second
   * more is better, of all else less.
   */
  readonly ratio?: number;
  /** Half of the rounds had a ratio between these two. */
  readonly ratioP25?: number;
  readonly ratioP75?: number;
  /** What the value should not exceed. */
  readonly most?: number;
}

/** Two that took turns; the same index is the same round. */
export function comparedFigure(
  name: string,
  unit: Unit,
  values: readonly number[],
  baseline: readonly number[],
): Figure {
  const ratios = values.map((value, round) => value / (baseline[round] ?? Number.NaN));
  return {
    name,
    value: round(quantile(values, 0.5), DIGITS[unit]),
    unit,
    baseline: round(quantile(baseline, 0.5), DIGITS[unit]),
    ratio: round(quantile(ratios, 0.5), 3),
    ratioP25: round(quantile(ratios, 0.25), 3),
    ratioP75: round(quantile(ratios, 0.75), 3),
  };
}

/** What all but one of a hundred rounds stay below. */
export function p99Figure(name: string, unit: Unit, values: readonly number[], baseline: readonly number[]): Figure {
  const [value, other] = [quantile(values, 0.99), quantile(baseline, 0.99)];
  const shown = { value: round(value, DIGITS[unit]), unit, baseline: round(other, DIGITS[unit]) };
  return { name, ...shown, ratio: round(value / other, 3) };
}

/** A value that nothing is compared with. */
export function plainFigure(name: string, unit: Unit, value: number): Figure {
  return { name, value: round(value, DIGITS[unit]), unit };
}

/** @param at from 0 to 1; 0.5 is the median */
function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined)
    throw new RangeError('Nothing was measured: at least one round is needed');
  return low + (high - low) * (place - Math.floor(place));
}

/** To what its noise allows. */
function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
