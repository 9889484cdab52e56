const KEPT = 10_000;

/** Figures of calls: the last 10,000 for percentiles, and the highest of all. */
export class Samples {
  readonly #kept: number[] = [];
  #next = 0;
  #max: number | undefined;

  /** @returns a place, for `raise` */
  add(value: number): number {
    const place = this.#next++;
    this.#kept[place % KEPT] = value;
    this.#max = Math.max(this.#max ?? value, value);
    return place;
  }

  /** Puts a later, higher value of the same call in the place of its earlier one. */
  raise(place: number, value: number): void {
    if (place >= this.#next - KEPT) this.#kept[place % KEPT] = value;
    this.#max = Math.max(this.#max ?? value, value);
  }

  get max(): number | undefined {
    return this.#max;
  }

  /** Nearest rank. @param share 0.5 for the median */
  percentile(share: number): number | undefined {
    const sorted = [...this.#kept].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}
