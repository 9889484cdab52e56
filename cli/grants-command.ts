import { parseAdminAccount } from './parse-admin-account.ts';
import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export type GrantsCommand =
  | { readonly kind: 'grants print' }
  | { readonly kind: 'grants diff'; readonly admin: GrantsAdmin }
  | { readonly kind: 'grants apply'; readonly admin: GrantsAdmin };

type GrantsAdmin = ReturnType<typeof parseAdminAccount>;

/**
 * Parses what follows `grants`.
 *
 * @param env only for the account of `apply` and `diff`
 * @throws UsageError
 */
export function parseGrants(args: readonly string[], env: Readonly<Record<string, string | undefined>>): GrantsCommand {
  const [action = '', ...rest] = args;
  switch (action) {
    case 'print':
      noArgument(parseOptions(rest, {}).positionals);
      return { kind: 'grants print' };
    case 'diff':
    case 'apply': {
      const { values, positionals } = parseOptions(rest, { clickhouse: 'value' });
      noArgument(positionals);
      const admin = parseAdminAccount(values, env);
      return action === 'diff' ? { kind: 'grants diff', admin } : { kind: 'grants apply', admin };
    }
    default:
      throw new UsageError('grants: expected grants print, grants diff or grants apply');
  }
}

function noArgument(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError('grants: expected one word, print, diff or apply');
}
