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

const NOT_ASCII = /[\u0080-\uffff]/;

/**
 * The bytes of a text in UTF-8. Encoding is left out where it is not needed: most texts are ASCII, which takes a third of the time to
 * see, and of one with more characters than bytes are taken the characters are enough to know.
 */
export function countBytes(
  text: string,
  { maxBodyBytes }: Pick<CollectorLimits, 'maxBodyBytes'>,
  encodeUtf8: (text: string) => Uint8Array,
): number {
  return text.length <= maxBodyBytes && NOT_ASCII.test(text) ? encodeUtf8(text).length : text.length;
}

/** Judges the size of a body before anything of it is parsed. */
export function checkSize(
  bytes: number,
  { maxBodyBytes }: Pick<CollectorLimits, 'maxBodyBytes'>,
): BodyRefused | undefined {
  if (bytes <= maxBodyBytes) return undefined;
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
