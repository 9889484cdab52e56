/** Calls at an even pace, whatever became of those before, until it is stopped. */
export interface Traffic<T> {
  /** Calls no more. @returns what came of every call @throws what the first one that failed threw */
  stop(): Promise<readonly T[]>;
}

export interface Pace {
  /** Milliseconds from one call to the next. */
  readonly everyMs: number;
  /** Calls under way: a beat at which there are as many is left out. Else a machine that falls behind never catches up. */
  readonly mostAtOnce: number;
}

export function startTraffic<T>(call: () => Promise<T>, { everyMs, mostAtOnce }: Pace): Traffic<T> {
  const calls: Promise<T>[] = [];
  let underWay = 0;
  const ended = (): void => {
    underWay -= 1;
  };
  const timer = setInterval(() => {
    if (underWay >= mostAtOnce) return;
    underWay += 1;
    const made = call();
    // What a call threw is said by `stop`.
    made.then(ended, ended);
    calls.push(made);
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return Promise.all(calls);
    },
  };
}
