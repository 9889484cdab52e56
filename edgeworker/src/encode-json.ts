import { type BodyRefused, checkEvents, refuseBody } from './body-limits.ts';
import type { EncodedBatch } from './deliver-batch.ts';
import { type EdgeFacts, enrichEvent } from './enrich.ts';
import type { CollectorLimits } from './settings.ts';

/**
 * The batch that goes on for a body that is a JSON array of events. Numbers pass through JavaScript, so those with more digits than a
 * double holds have to be sent as text; one that is beyond its range is refused, since JSON would go on with null.
 */
export function encodeJson(text: string, facts: EdgeFacts, limits: CollectorLimits): EncodedBatch | BodyRefused {
  const events = parse(text);
  if (!Array.isArray(events))
    return refuseBody('BODY_MALFORMED', 'The body is not a JSON array of events, or has a number beyond 1.8e308.');
  const refused = checkEvents(text, events.length, facts, limits);
  if (refused !== undefined) return refused;
  for (let row = 0; row < events.length; row++) enrichEvent(events[row], facts, row);
  const body = write(events);
  if (body === undefined) return refuseBody('BODY_MALFORMED', 'An event is nested too deeply.');
  return { batchId: facts.batchId, contentType: 'application/json', body, rows: events.length };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, MAYBE_INFINITE.test(text) ? refuseInfinite : undefined);
  } catch {
    return undefined;
  }
}

/** Without such a number a text has none of 10^299 or more. To look at each value costs several times what parsing does. */
const MAYBE_INFINITE = /[[,:\s]-?(?:\d{200}|[\d.]+[eE]\+?\d{3})/;

function refuseInfinite(_name: string, value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw new RangeError();
  return value;
}

/** What V8 can parse it may not be able to write: only that goes as deep as the stack. */
function write(events: readonly unknown[]): string | undefined {
  try {
    return JSON.stringify(events);
  } catch {
    return undefined;
  }
}
