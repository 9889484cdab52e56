import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { required } from './parse-api.ts';
import { parseOptions } from './parse-options.ts';
import { type StackPlace, stackPlace } from './stack-place.ts';
import { UsageError } from './usage.ts';

export interface ReconcileCommand {
  readonly kind: 'reconcile';
  readonly account: AdminAccount;
  readonly place: StackPlace;
  /** As it was written: a time, or so long ago. */
  readonly since: string;
  readonly stream: string | undefined;
  readonly principal: string | undefined;
  /** Whether rows are counted in the tables, and not in the ledger. */
  readonly tables: boolean;
  readonly json: boolean;
}

/** Parses what follows `reconcile`. @param env for the account @throws UsageError */
export function parseReconcile(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReconcileCommand {
  const options = parseOptions(args, {
    clickhouse: 'value',
    data: 'value',
    since: 'value',
    stream: 'value',
    principal: 'value',
    tables: 'flag',
    json: 'flag',
  });
  const { values, flags, positionals } = options;
  if (positionals.length > 0) throw new UsageError('reconcile takes no argument');
  return {
    kind: 'reconcile',
    account: parseAdminAccount(values, env),
    place: stackPlace(options),
    since: required(values, 'since'),
    stream: values.get('stream'),
    principal: values.get('principal'),
    tables: flags.has('tables'),
    json: flags.has('json'),
  };
}
