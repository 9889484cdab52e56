import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { type ApiOptions, parseApi } from './parse-api.ts';
import { type OptionKinds, type ParsedOptions, parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

/** Which rows of the quarantine a command is about. Times as they were written. */
export interface QuarantineOptions {
  readonly stream: string | undefined;
  readonly principal: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** One of a row's faults has it. */
  readonly code: string | undefined;
}

interface OnQuarantine {
  readonly account: AdminAccount;
  readonly filter: QuarantineOptions;
}

export type QuarantineCommand =
  | (OnQuarantine & {
      readonly kind: 'quarantine ls';
      /** Row by row, with their text. */
      readonly rows: boolean;
    })
  | (OnQuarantine & {
      readonly kind: 'quarantine replay';
      readonly principal: string;
      readonly stream: string;
      /** Undefined: only say what would be done. */
      readonly api: ApiOptions | undefined;
    })
  | (OnQuarantine & {
      readonly kind: 'quarantine purge';
      /** The principal's rows of the stream tables too, and its batches of the ledger. */
      readonly erase: boolean;
      readonly apply: boolean;
    });

const FILTERS: OptionKinds = {
  clickhouse: 'value',
  stream: 'value',
  principal: 'value',
  since: 'value',
  until: 'value',
  code: 'value',
};

/** Parses what follows `quarantine`. @param env for the account @throws UsageError */
export function parseQuarantine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): QuarantineCommand {
  const [action, ...rest] = args;
  switch (action) {
    case 'ls': {
      const options = parse(rest, { ...FILTERS, rows: 'flag' });
      return { kind: 'quarantine ls', ...onQuarantine(options, env), rows: options.flags.has('rows') };
    }
    case 'replay': {
      const places: OptionKinds = { api: 'value', credentials: 'value', source: 'value', apply: 'flag' };
      const options = parse(rest, { ...FILTERS, ...places });
      const on = onQuarantine(options, env);
      const { stream, principal } = on.filter;
      // Rows of one tenant are never sent under the name of another.
      if (stream === undefined || principal === undefined) {
        throw new UsageError('quarantine replay: --stream and --principal say whose rows are judged again');
      }
      const api = options.flags.has('apply') ? parseApi(options.values) : undefined;
      return { kind: 'quarantine replay', ...on, stream, principal, api };
    }
    case 'purge': {
      const options = parse(rest, { ...FILTERS, erase: 'flag', apply: 'flag' });
      const on = onQuarantine(options, env);
      const erase = options.flags.has('erase');
      refuseUnclear(on.filter, erase);
      return { kind: 'quarantine purge', ...on, erase, apply: options.flags.has('apply') };
    }
    default:
      throw new UsageError('quarantine: expected quarantine ls, quarantine replay or quarantine purge');
  }
}

function refuseUnclear({ principal, stream, since, until, code }: QuarantineOptions, erase: boolean): void {
  const narrowing = [since, until, code].filter((value) => value !== undefined);
  if (erase && (principal === undefined || narrowing.length > 0)) {
    throw new UsageError(
      'quarantine purge --erase: expected --principal, and --stream at most: whole batches leave the ledger',
    );
  }
  if ([principal, stream, ...narrowing].every((value) => value === undefined)) {
    throw new UsageError('quarantine purge: expected --stream, --principal, --since, --until or --code');
  }
}

function parse(args: readonly string[], kinds: OptionKinds): ParsedOptions {
  const options = parseOptions(args, kinds);
  if (options.positionals.length > 0) throw new UsageError(`quarantine: seen an argument: ${options.positionals[0]}`);
  return options;
}

function onQuarantine({ values }: ParsedOptions, env: Readonly<Record<string, string | undefined>>): OnQuarantine {
  return {
    account: parseAdminAccount(values, env),
    filter: {
      stream: values.get('stream'),
      principal: values.get('principal'),
      since: values.get('since'),
      until: values.get('until'),
      code: values.get('code'),
    },
  };
}
