interface Write {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly visibleAt: number;
}

/** One copy of what is written, which sees each write some time after it is made. There, what was written later is never hidden by an earlier one that arrives after it. */
export class LateWrites {
  readonly #places = new Map<string, readonly Write[]>();

  put(place: string, value: string, visibleAt: number): void {
    this.#places.set(place, [...(this.#places.get(place) ?? []), { value, visibleAt }]);
  }

  /** What readers find now. */
  shown(place: string, now: number): string | undefined {
    const writes = this.#places.get(place) ?? [];
    const shown = writes.findLastIndex(({ visibleAt }) => visibleAt <= now);
    // What came before the one that is shown is overtaken for good.
    if (shown > 0) this.#places.set(place, writes.slice(shown));
    return writes[shown]?.value;
  }

  /** What was written last. */
  newest(place: string): string | undefined {
    return this.#places.get(place)?.at(-1)?.value;
  }

  places(): Iterable<string> {
    return this.#places.keys();
  }
}
