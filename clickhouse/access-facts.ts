import type { LimitedSetting } from '../config/access-limits.ts';
import { type Account, profileOf, quotaOf, roleOf } from '../config/accounts.ts';

/**
 * What there is to know of the accounts, one thing a line, in words that are the same whether the configuration or a server says them.
 * Two sets of them tell apart what is missing from what goes too far.
 */
export type AccessFact = string;

export function existsFact(user: string): AccessFact {
  return `user ${user}: exists`;
}

export function roleFact(user: string, role: string): AccessFact {
  return `user ${user}: role ${role}`;
}

export function profileFact(user: string, profile: string): AccessFact {
  return `user ${user}: profile ${profile}`;
}

/** @param holder `role …` or `user …` */
export function rightFact(holder: string, right: string, database: string, relation: string): AccessFact {
  return `${holder}: ${right} ON ${database}.${relation}`;
}

/** @param holder `profile …`, `role …` or `user …` */
export function settingFact(
  holder: string,
  { name, value, min, max, constant, changeable }: LimitedSetting,
): AccessFact {
  const bounds = `${min === undefined ? '' : ` MIN ${min}`}${max === undefined ? '' : ` MAX ${max}`}`;
  const changed = `${constant === true ? ' CONST' : ''}${changeable === true ? ' CHANGEABLE_IN_READONLY' : ''}`;
  return `${holder}: ${name} = ${value}${bounds}${changed}`;
}

/** @param limits `key = most` */
export function quotaFact(quota: string, user: string, seconds: number, limits: readonly string[]): AccessFact {
  return `quota ${quota}: ${limits.toSorted().join(', ')} in ${seconds} s, for ${user}`;
}

/** What is true of the accounts once the statements of `compileAccess` have run. */
export function expectedFacts(accounts: readonly Account[]): readonly AccessFact[] {
  return accounts.flatMap(({ user, privileges, limits }) => {
    const [role, profile, quota] = [roleOf(user), profileOf(user), quotaOf(user)];
    const quotaLimits = Object.entries(limits.quota).map(([key, most]) => `${key} = ${most}`);
    return [
      existsFact(user),
      roleFact(user, role),
      profileFact(user, profile),
      ...privileges.map(({ right, on: [database, relation] }) => rightFact(`role ${role}`, right, database, relation)),
      ...limits.settings.map((setting) => settingFact(`profile ${profile}`, setting)),
      quotaFact(quota, user, 3600, quotaLimits),
    ];
  });
}

export interface AccessDifference {
  readonly kind: 'missing' | 'beyond';
  readonly fact: AccessFact;
}

/** What a server lacks, and what it has beyond the configuration; sorted, so that it reads the same each time. */
export function compareAccess(
  expected: readonly AccessFact[],
  actual: readonly AccessFact[],
): readonly AccessDifference[] {
  const [wanted, there] = [new Set(expected), new Set(actual)];
  return [
    ...[...there].filter((fact) => !wanted.has(fact)).map((fact) => ({ kind: 'beyond' as const, fact })),
    ...[...wanted].filter((fact) => !there.has(fact)).map((fact) => ({ kind: 'missing' as const, fact })),
  ].toSorted((left, right) => (left.fact < right.fact ? -1 : 1));
}
