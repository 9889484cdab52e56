import type { EnforcedAccount } from './compile-access.ts';
import type { Assignment, FrontRequest } from './read-request.ts';
import { sqlIdentifier, sqlString } from './sql-quoting.ts';

/**
 * The statements that make a fresh session that of an account and a request. Their order is what the engine needs:
 * the database first (a role may lack the right to name it, which a server does not ask either), the account's values before the
 * constraints that would refuse them, and `readonly` before what the request wants, so that the engine refuses what a server would.
 *
 * @param tag what KILL finds the request by
 */
export function sessionSetup(account: EnforcedAccount, request: FrontRequest, tag: string): readonly string[] {
  // Nothing reads a log comment here, there is no query log; the tag needs its place.
  const wanted = request.settings.filter(([name]) => name !== 'log_comment');
  const early = wanted.filter(([name]) => account.changeableInReadOnly.has(name));
  const late = wanted.filter(([name]) => !account.changeableInReadOnly.has(name));
  const readOnly = request.readOnly && (account.readOnly ?? '0') === '0' ? '2' : account.readOnly;
  return [
    ...(request.database === undefined ? [] : [`USE ${sqlIdentifier(request.database)}`]),
    `SET ROLE ${account.roles.length === 0 ? 'NONE' : account.roles.map(sqlIdentifier).join(', ')}`,
    set([['log_comment', sqlString(tag)], ...account.values, ...request.parameters.map(literal)]),
    ...(account.profile === undefined ? [] : [`SET profile = ${sqlString(account.profile)}`]),
    ...(early.length === 0 ? [] : [set(early.map(literal))]),
    ...(readOnly === undefined ? [] : [set([['readonly', readOnly]])]),
    ...(late.length === 0 ? [] : [set(late.map(literal))]),
  ];
}

function literal([name, value]: Assignment): Assignment {
  return [name, sqlString(value)];
}

function set(assignments: readonly Assignment[]): string {
  return `SET ${assignments.map(([name, value]) => `${name} = ${value}`).join(', ')}`;
}
