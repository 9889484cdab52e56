import { type EdgercPlace, edgercPlace } from './edgerc.ts';
import { required } from './parse-api.ts';
import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export interface EdgeInitKvCommand {
  readonly kind: 'edge init-kv';
  readonly place: EdgercPlace;
  /** The access group of Control Center that owns the namespaces; 0: all of the account. */
  readonly groupId: number;
  readonly tokenName: string;
}

/** Parses what follows `edge init-kv`. @param env for the credential @throws UsageError */
export function parseEdgeInitKv(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): EdgeInitKvCommand {
  const options = parseOptions(args, { edgerc: 'value', section: 'value', group: 'value', token: 'value' });
  if (options.positionals.length > 0) throw new UsageError(`edge: seen an argument: ${options.positionals[0]}`);
  const group = required(options.values, 'group');
  if (!/^\d{1,9}$/.test(group)) throw new UsageError('--group: expected the number of an access group, or 0 for all');
  const tokenName = options.values.get('token') ?? 'edgehouse';
  if (!/^[\w-]{1,32}$/.test(tokenName)) throw new UsageError('--token: expected 1 to 32 of letters, digits, _ and -');
  return { kind: 'edge init-kv', place: edgercPlace(options, env), groupId: Number(group), tokenName };
}
