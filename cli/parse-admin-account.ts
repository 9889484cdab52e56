import type { AdminAccount } from '../clickhouse/admin-client.ts';
import type { ParsedOptions } from './parse-options.ts';
import { protectedUrl } from './parse-url.ts';
import { UsageError } from './usage.ts';

/**
 * `--clickhouse URL`: where ClickHouse answers, over TLS unless on this machine, and the account of an administrator, from the URL or
 * from the environment.
 *
 * @throws UsageError
 */
export function parseAdminAccount(
  values: ParsedOptions['values'],
  env: Readonly<Record<string, string | undefined>>,
): AdminAccount {
  const given = values.get('clickhouse');
  if (given === undefined) throw new UsageError('--clickhouse is missing');
  const url = protectedUrl('--clickhouse', given);
  return {
    url: url.origin,
    user: decodeURIComponent(url.username) || env['EDGEHOUSE_CLICKHOUSE_USER'] || 'default',
    password: decodeURIComponent(url.password) || env['EDGEHOUSE_CLICKHOUSE_PASSWORD'] || '',
  };
}
