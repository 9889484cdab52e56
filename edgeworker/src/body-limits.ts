import type { EdgeFacts } from './enrich.ts';
import type { CollectorLimits } from './settings.ts';

/** Why a posted body is not sent on. */
export interface BodyRefused {
  readonly kind: 'refused';
  readonly code: 'BODY_TOO_LARGE' | 'BODY_MALFORMED' | 'ROWS_EMPTY' | 'EVENTS_TOO_MANY';
  /** What was seen and expected. */
  readonly detail: string;
}

export function refuseBody(code: BodyRefused['code'], detail: string): BodyRefused {
  return { kind: 'refused', code, detail };
}

/** Judges the size of a body before anything of it is parsed. */
export function checkSize(
  text: string,
  { maxBodyBytes }: Pick<CollectorLimits, 'maxBodyBytes'>,
  encodeUtf8: (text: string) => Uint8Array,
): BodyRefused | undefined {
  // A UTF-16 unit has one to three bytes in UTF-8, so most texts need not be encoded to be judged.
  const fits = text.length * 3 <= maxBodyBytes;
  if (fits || (text.length <= maxBodyBytes && encodeUtf8(text).length <= maxBodyBytes)) return undefined;
  return refuseBody('BODY_TOO_LARGE', `The body has more than ${maxBodyBytes} bytes.`);
}

/** Judges how many events a body holds, and how long it gets with what the edge adds to each, before that is done. */
export function checkEvents(
  text: string,
  events: number,
  { batchId, visitor }: EdgeFacts,
  { maxEvents, maxSentChars }: Pick<CollectorLimits, 'maxEvents' | 'maxSentChars'>,
): BodyRefused | undefined {
  if (events === 0) return refuseBody('ROWS_EMPTY', 'The body holds no event.');
  if (events > maxEvents) return refuseBody('EVENTS_TOO_MANY', `The body holds more than ${maxEvents} events.`);
  const added = JSON.stringify({ ...visitor, request_id: `${batchId}/${events}` }).length;
  if (text.length + events * added <= maxSentChars) return undefined;
  return refuseBody(
    'BODY_TOO_LARGE',
    `With ${added} characters of the edge's for each event, the batch would have more than ${maxSentChars}.`,
  );
}
