import { currentCall } from './handler-call.ts';

/**
 * How the one answer of the host gets into the context later: as part of the call that asks now. A question that no call asks, so one
 * of code after its time, gets no answer.
 */
export function enterCurrent(): (run: () => void) => void {
  const call = currentCall.getStore();
  const answered = call?.expectAnswer();
  return (run) => {
    // Counted until its code runs: what that asks next is counted then, so a chain is never seen as ended between two links.
    const entered = call?.enter(() => {
      answered?.();
      run();
    });
    if (entered === false) answered?.();
  };
}

/** How the host calls functions of the context, any number of times or never: as part of the call that hands them over. */
export function enterAnyTime(): (run: () => void) => void {
  const call = currentCall.getStore();
  return (run) => {
    call?.enter(run);
  };
}
