import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { parseOptions } from './parse-options.ts';
import { type StackPlace, stackPlace } from './stack-place.ts';
import { UsageError } from './usage.ts';

export interface ReceiptCommand {
  readonly kind: 'receipt';
  /** Lower case. */
  readonly batchId: string;
  readonly account: AdminAccount;
  readonly place: StackPlace;
  /** From when on audit lines are read, as it was written. Undefined: from when the batch was made, as far as its id says so. */
  readonly since: string | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Parses what follows `receipt`. @param env for the account @throws UsageError */
export function parseReceipt(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReceiptCommand {
  const options = parseOptions(args, { clickhouse: 'value', data: 'value', since: 'value' });
  const [batchId = '', extra] = options.positionals;
  if (!UUID.test(batchId) || extra !== undefined) throw new UsageError('receipt: expected the id of one batch, a UUID');
  return {
    kind: 'receipt',
    batchId: batchId.toLowerCase(),
    account: parseAdminAccount(options.values, env),
    place: stackPlace(options),
    since: options.values.get('since'),
  };
}
