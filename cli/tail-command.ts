import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { required } from './parse-api.ts';
import { parseOptions } from './parse-options.ts';
import { type StackPlace, stackPlace } from './stack-place.ts';
import { UsageError } from './usage.ts';

export interface TailCommand {
  readonly kind: 'tail';
  readonly stream: string;
  readonly account: AdminAccount;
  /** What was refused instead of what was stored. */
  readonly errors: boolean;
  /** Whose audit lines tell of refused batches. */
  readonly place: StackPlace;
}

/** Parses what follows `tail`. @param env for the account @throws UsageError */
export function parseTail(args: readonly string[], env: Readonly<Record<string, string | undefined>>): TailCommand {
  const options = parseOptions(args, { clickhouse: 'value', stream: 'value', data: 'value', errors: 'flag' });
  const { values, flags, positionals } = options;
  if (positionals.length > 0) throw new UsageError('tail takes no argument');
  return {
    kind: 'tail',
    stream: required(values, 'stream'),
    account: parseAdminAccount(values, env),
    errors: flags.has('errors'),
    place: stackPlace(options),
  };
}
