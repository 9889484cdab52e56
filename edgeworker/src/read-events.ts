import type { CollectorLimits } from './settings.ts';

export type EventsRead =
  | { readonly kind: 'events'; readonly events: readonly unknown[] }
  | {
      readonly kind: 'refused';
      readonly code: 'BODY_TOO_LARGE' | 'BODY_MALFORMED' | 'ROWS_EMPTY' | 'EVENTS_TOO_MANY';
      readonly detail: string;
    };

/**
 * The events of a posted body: a JSON array. The size is judged before anything is parsed. Numbers pass through JavaScript, so
 * whole numbers beyond 2^53 have to be sent as decimal strings.
 */
export function readEvents(
  text: string,
  { maxBodyBytes, maxEvents }: CollectorLimits,
  encodeUtf8: (text: string) => Uint8Array,
): EventsRead {
  // A character has at least one byte, so a long text need not be encoded to be refused.
  if (text.length > maxBodyBytes || encodeUtf8(text).length > maxBodyBytes) {
    return refused('BODY_TOO_LARGE', `The body has more than ${maxBodyBytes} bytes.`);
  }
  const events = parse(text);
  if (!Array.isArray(events)) return refused('BODY_MALFORMED', 'The body is not a JSON array of events.');
  if (events.length === 0) return refused('ROWS_EMPTY', 'The array holds no event.');
  if (events.length > maxEvents) {
    return refused('EVENTS_TOO_MANY', `The array holds ${events.length} events, at most ${maxEvents} are taken.`);
  }
  return { kind: 'events', events };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: Extract<EventsRead, { kind: 'refused' }>['code'], detail: string): EventsRead {
  return { kind: 'refused', code, detail };
}
