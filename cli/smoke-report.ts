import { formatTable } from './format-table.ts';
import { type CheckResult, NO_ANSWER } from './smoke-check.ts';

/** What to do about what was seen, by how it begins. */
const HINTS: readonly (readonly [seen: string, hint: string])[] = [
  ['ingest 202', 'ingest 202: ClickHouse did not take the batch in time; see that it is awake, and run this again'],
  [
    'ingest 403',
    'ingest 403: edgehouse audit --refused --since 15m has the rule; production.originIps has to have this machine, too',
  ],
  ['gateway 403', 'gateway 403: edgehouse audit --refused --since 15m has the reason, a minute or two later'],
  ['gateway 5', 'gateway 5xx: the authorizer or ingest failed; see their logs'],
  [
    'somebody else',
    'somebody else: neither the gateway nor ingest answered; see --url, and what stands before the API',
  ],
  [NO_ANSWER, 'no answer: see --url, and the route to it'],
];

const NOTHING_SENT = 'no batch was sent: that takes --credentials, --stream and --source';

/** Aligned columns, how many are not as expected, and what to do about those. @param sent whether batches were sent */
export function describeSmoke(results: readonly CheckResult[], sent: boolean): readonly string[] {
  const rows = results.map(({ check, expected, seen, ok }) => [check, expected.join(' or '), seen, ok ? 'ok' : 'MISS']);
  const missed = results.filter(({ ok }) => !ok);
  const hints = HINTS.filter(([start]) => missed.some(({ seen }) => seen.startsWith(start))).map(([, hint]) => hint);
  const all = results.length;
  const total = missed.length === 0 ? `all ${all} as expected` : `${missed.length} of ${all} NOT as expected`;
  return [...formatTable(['check', 'expected', 'seen', ''], rows), total, ...hints, ...(sent ? [] : [NOTHING_SENT])];
}

/** The same for a program. */
export function smokeJson(url: string, results: readonly CheckResult[]): string {
  return JSON.stringify({ url, missed: results.filter(({ ok }) => !ok).length, checks: results }, undefined, 2);
}
