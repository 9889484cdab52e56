import { type OptionKinds, parseOptions } from './parse-options.ts';
import { secureUrl } from './parse-url.ts';
import { parseRotateIssuerKey, type RotateIssuerKeyCommand } from './rotate-issuer-key-command.ts';
import { UsageError } from './usage.ts';

export type RotateCommand = RotateSigningCommand | RotateIssuerKeyCommand | RotateStatusCommand;

export interface RotateSigningCommand {
  readonly kind: 'rotate signing';
  readonly place: SecretsPlace;
  /** Do the next step, and not only say what it is. */
  readonly apply: boolean;
}

export interface RotateStatusCommand {
  readonly kind: 'rotate status';
  readonly place: SecretsPlace;
  /** Origin of the EdgeKV of a local stack that runs. */
  readonly localEdgeKv: string | undefined;
  readonly json: boolean;
}

/** Where the secrets lie. */
export type SecretsPlace =
  /** The folder that `npm start -- --data DIR` keeps. */
  | { readonly kind: 'folder'; readonly dataDir: string }
  /** The store that the configuration names; the operator's own token where that is Vault. */
  | { readonly kind: 'deployed'; readonly vaultToken: string | undefined };

const OPTIONS: OptionKinds = {
  data: 'value',
  edgekv: 'value',
  issuer: 'value',
  withdraw: 'value',
  apply: 'flag',
  json: 'flag',
};

/** Which of the options each takes. */
const TAKEN: ReadonlyMap<string, readonly string[]> = new Map([
  ['signing', ['data', 'apply']],
  ['issuer-key', ['data', 'issuer', 'withdraw', 'apply']],
  ['status', ['data', 'edgekv', 'json']],
]);

/**
 * Parses what follows `rotate`.
 *
 * @param env only for `VAULT_TOKEN`, by the name that Vault's own command line knows
 * @throws UsageError
 */
export function parseRotate(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): RotateCommand {
  const { values, flags, positionals } = parseOptions(args, OPTIONS);
  const dataDir = values.get('data');
  const place: SecretsPlace =
    dataDir === undefined
      ? { kind: 'deployed', vaultToken: env['VAULT_TOKEN'] || undefined }
      : { kind: 'folder', dataDir };
  const what = positionals.join(' ');
  const foreign = [...values.keys(), ...flags].find((name) => TAKEN.get(what)?.includes(name) === false);
  if (foreign !== undefined) throw new UsageError(`rotate ${what} takes no --${foreign}`);
  switch (what) {
    case 'signing':
      return { kind: 'rotate signing', place, apply: flags.has('apply') };
    case 'issuer-key':
      return parseRotateIssuerKey({ values, flags }, place);
    case 'status': {
      const edgeKv = values.get('edgekv');
      if (edgeKv !== undefined && dataDir === undefined) {
        throw new UsageError('--edgekv is of a local stack: expected --data with it');
      }
      const localEdgeKv = edgeKv === undefined ? undefined : secureUrl('--edgekv', edgeKv).origin;
      return { kind: 'rotate status', place, localEdgeKv, json: flags.has('json') };
    }
    default:
      throw new UsageError('rotate: expected rotate signing, rotate issuer-key or rotate status');
  }
}
