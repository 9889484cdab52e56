/**
 * Stops the sending for a while, where the platform lets this context keep anything between requests: best effort, like the credentials.
 * Starts empty, which is closed.
 */
export interface Circuit {
  heldUntilMs?: number | undefined;
}

/** Where the answer names no time, as those of the gateway. Ingest itself says 5 s. */
const USUAL_SECONDS = 5;
/** A date far away, or a mistake, must not end the sending for good. */
const MOST_SECONDS = 60;

/** Seconds, from 1 to 60, for which nothing is sent any more; 0 where sending is fine. @param nowMs milliseconds since the epoch */
export function secondsHeld({ heldUntilMs = 0 }: Circuit, nowMs: number): number {
  const seconds = Math.ceil((heldUntilMs - nowMs) / 1_000);
  // More is left than was ever asked for: the clock was set back.
  return seconds > 0 && seconds <= MOST_SECONDS ? seconds : 0;
}

/** Holds back for as long as `Retry-After` says (RFC 9110 §10.2.3: seconds or a date), within 1 to 60 s. */
export function holdBack(circuit: Circuit, retryAfter: string | undefined, nowMs: number): void {
  const asked = retryAfter === undefined ? Number.NaN : readSeconds(retryAfter, nowMs);
  const seconds = Number.isNaN(asked) ? USUAL_SECONDS : Math.min(Math.max(asked, 1), MOST_SECONDS);
  circuit.heldUntilMs = nowMs + seconds * 1_000;
}

function readSeconds(retryAfter: string, nowMs: number): number {
  return /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - nowMs) / 1_000;
}
