import type { ClickHouseClient } from '@clickhouse/client';
import { dropAccountSql } from '../config/account-sql.ts';
import { type AccountOptions, accountsOf } from '../config/accounts.ts';
import { compileGrants, compileRowFilterViews } from '../config/grants.ts';
import type { Config } from '../config/schema.ts';
import { DEFAULT_USER_PREFIX } from '../config/sql-users.ts';
import { type AccessDifference, compareAccess, expectedFacts } from './access-facts.ts';
import { readAccess } from './read-access.ts';
import { readViews } from './read-views.ts';

type Policy = Pick<Config, 'clickhouse' | 'principals' | 'streams'>;

export interface AppliedAccess {
  readonly statements: number;
  /** Users that were not there before; they are locked, but for those with a hash in the options. */
  readonly created: readonly string[];
  readonly kept: readonly string[];
  /** Users of ours that the policy does not ask for: they are gone. */
  readonly dropped: readonly string[];
}

/**
 * Makes the accounts on a server what the policy asks for. Each statement leaves a state in which nobody may do more than before or
 * than is meant (config/account-sql.ts), so a run that was cut short is simply begun again.
 *
 * @param client of an account that may SHOW ACCESS, create users and grant what they get
 * @throws GrantsError, AccessStorageError, and the errors of the client
 */
export async function applyAccess(
  client: ClickHouseClient,
  policy: Policy,
  options: AccountOptions = {},
): Promise<AppliedAccess> {
  const meant = accountsOf(policy, options).map(({ user }) => user);
  const { users, repairs } = await readAccess(client, options.userPrefix ?? DEFAULT_USER_PREFIX);
  const dropped = users.filter((user) => !meant.includes(user));
  // Rights go before others come.
  const statements = [...dropped.flatMap(dropAccountSql), ...repairs, ...compileGrants(policy, options)];
  for (const query of statements) await client.command({ query });
  return {
    statements: statements.length,
    created: meant.filter((user) => !users.includes(user)),
    kept: meant.filter((user) => users.includes(user)),
    dropped,
  };
}

/**
 * What the accounts on a server have beyond what the policy asks for, and what they lack. It changes nothing.
 *
 * @param client of an account that may SHOW ACCESS
 * @throws AccessStorageError, and the errors of the client
 */
export async function diffAccess(
  client: ClickHouseClient,
  policy: Policy,
  options: AccountOptions = {},
): Promise<readonly AccessDifference[]> {
  const server = await readAccess(client, options.userPrefix ?? DEFAULT_USER_PREFIX);
  const views = await readViews(client, policy.clickhouse.database, compileRowFilterViews(policy));
  return compareAccess(
    [...expectedFacts(accountsOf(policy, options)), ...views.expected],
    [...server.facts, ...views.actual],
  );
}
