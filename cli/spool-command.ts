import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { type OptionKinds, type ParsedOptions, parseOptions } from './parse-options.ts';
import { type StackPlace, stackPlace } from './stack-place.ts';
import { UsageError } from './usage.ts';

/** Where the spool is, and who may open what lies in it. */
export interface SpoolAccess {
  readonly place: StackPlace;
  /** For a config that keeps the spool key in Vault. */
  readonly vaultToken: string | undefined;
}

/** Which objects of the spool a command is about. */
export interface SpoolFilter {
  readonly stream: string | undefined;
  readonly principal: string | undefined;
  /** Name of one object. */
  readonly object: string | undefined;
  /** As it was written: so long ago, or a time. Objects that were put before it. */
  readonly older: string | undefined;
  /** `none`: only those that nobody has stored, and that are not among the dead letters. */
  readonly outcome: 'any' | 'none';
}

interface OnSpool {
  readonly access: SpoolAccess;
  readonly filter: SpoolFilter;
  /** Asked what the ledger has of each batch. */
  readonly account: AdminAccount | undefined;
}

export type SpoolCommand =
  | (OnSpool & { readonly kind: 'spool ls' })
  | (OnSpool & { readonly kind: 'spool replay'; readonly apply: boolean })
  | (OnSpool & {
      readonly kind: 'spool purge';
      /** Also what S3 keeps of objects that are gone. */
      readonly erase: boolean;
      readonly apply: boolean;
    });

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS: OptionKinds = {
  data: 'value',
  clickhouse: 'value',
  stream: 'value',
  principal: 'value',
  object: 'value',
  older: 'value',
};

/** A message is given up after two weeks at the latest, and tried every 15 minutes until then. */
const SWEPT_AFTER = '1h';

/** Parses what follows `spool`. @param env for the account and Vault's token @throws UsageError */
export function parseSpool(args: readonly string[], env: Environment): SpoolCommand {
  const [action, ...rest] = args;
  switch (action) {
    case 'ls':
      return { kind: 'spool ls', ...onSpool(parse(rest, OPTIONS), env) };
    case 'sweep': {
      const options = parse(rest, { ...OPTIONS, apply: 'flag' });
      const { filter, ...on } = onSpool(options, env);
      const swept = { ...filter, older: filter.older ?? SWEPT_AFTER, outcome: 'none' as const };
      return { kind: 'spool replay', ...on, filter: swept, apply: options.flags.has('apply') };
    }
    case 'replay': {
      const options = parse(rest, { ...OPTIONS, apply: 'flag' });
      return { kind: 'spool replay', ...onSpool(options, env), apply: options.flags.has('apply') };
    }
    case 'purge': {
      const options = parse(rest, { ...OPTIONS, erase: 'flag', apply: 'flag' });
      const on = onSpool(options, env);
      const { principal, object, stream } = on.filter;
      if (principal === undefined && object === undefined && stream === undefined) {
        throw new UsageError('spool purge: expected --principal, --stream or --object');
      }
      return { kind: 'spool purge', ...on, erase: options.flags.has('erase'), apply: options.flags.has('apply') };
    }
    default:
      throw new UsageError('spool: expected spool ls, spool replay, spool sweep or spool purge');
  }
}

function parse(args: readonly string[], kinds: OptionKinds): ParsedOptions {
  const options = parseOptions(args, kinds);
  if (options.positionals.length > 0) throw new UsageError(`spool: seen an argument: ${options.positionals[0]}`);
  return options;
}

function onSpool(options: ParsedOptions, env: Environment): OnSpool {
  const { values } = options;
  return {
    access: { place: stackPlace(options), vaultToken: env['VAULT_TOKEN'] },
    filter: {
      stream: values.get('stream'),
      principal: values.get('principal'),
      object: values.get('object'),
      older: values.get('older'),
      outcome: 'any',
    },
    account: values.has('clickhouse') ? parseAdminAccount(values, env) : undefined,
  };
}
