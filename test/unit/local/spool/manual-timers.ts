interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Timers that go off when the test says so. */
export class ManualTimers {
  now = 0;
  readonly #timers = new Set<Timer>();

  readonly schedule = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: this.now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get pending(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.now)) {
      this.#timers.delete(timer);
      timer.run();
    }
  }
}
