import type { QueryParams } from './operator-database.ts';
import { parseTime } from './parse-time.ts';
import type { QuarantineOptions } from './quarantine-command.ts';

/** A condition on the rows of `quarantine`, and the values in it. */
export interface RowCondition {
  readonly where: string;
  readonly params: QueryParams;
}

/** @param now milliseconds since the epoch @throws UsageError */
export function rowCondition(
  { stream, principal, since, until, code }: Partial<QuarantineOptions>,
  now: number,
): RowCondition {
  const time = (option: string, text: string | undefined) =>
    text === undefined ? undefined : parseTime(option, text, now);
  const given = [
    { name: 'stream', value: stream, sql: 'stream = {stream:String}' },
    { name: 'principal', value: principal, sql: '_principal = {principal:String}' },
    { name: 'code', value: code, sql: 'has(codes, {code:String})' },
    {
      name: 'since',
      value: time('--since', since),
      sql: '_received_at >= fromUnixTimestamp64Milli({since:Int64})',
    },
    { name: 'until', value: time('--until', until), sql: '_received_at < fromUnixTimestamp64Milli({until:Int64})' },
  ].flatMap(({ name, value, sql }) => (value === undefined ? [] : [{ name, value, sql }]));
  return {
    where: given.map(({ sql }) => sql).join(' AND ') || 'true',
    params: Object.fromEntries(given.map(({ name, value }) => [name, value])),
  };
}
