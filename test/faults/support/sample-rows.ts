// Rows of `web_events`, so few that a test can say which of them is where.

const TIME = '2026-01-02T03:04:05.678Z';

export const GOOD = { event_time: TIME, path: '/good', status: 200, bytes: 1_234, city: 'Lyon' };
export const ALSO_GOOD = { event_time: TIME, path: '/also-good', status: 404, city: null };
/** Good, as long as the table has a column `session`. */
export const GOOD_IN_TIME = { event_time: TIME, path: '/in-time', session: 's-1' };
/** Refused: a field of the wrong type. */
export const BAD = { event_time: TIME, path: '/bad', status: 'not-a-number' };
/** Refused, until the table gets a column of this name. */
export const AHEAD = { event_time: TIME, path: '/ahead', campaign: 'spring' };

/** Rows 0 and 2 are good, rows 1 and 3 are not. */
export const MIXED: readonly unknown[] = [GOOD, BAD, ALSO_GOOD, AHEAD];
