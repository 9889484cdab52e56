import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { required } from './parse-api.ts';
import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export interface TypesCommand {
  readonly kind: 'types';
  readonly stream: string;
  readonly account: AdminAccount;
}

/** Parses what follows `types`. @param env for the account @throws UsageError */
export function parseTypes(args: readonly string[], env: Readonly<Record<string, string | undefined>>): TypesCommand {
  const { values, positionals } = parseOptions(args, { clickhouse: 'value', stream: 'value' });
  if (positionals.length > 0) throw new UsageError('types takes no argument');
  return { kind: 'types', stream: required(values, 'stream'), account: parseAdminAccount(values, env) };
}
