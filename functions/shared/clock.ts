/** Milliseconds since the epoch. An argument wherever time matters, so that no test sleeps. */
export type Clock = () => number;

/** Whole seconds since the epoch, as tokens and signatures count them. */
export function seconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
