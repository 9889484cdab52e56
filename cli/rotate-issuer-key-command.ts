import { ISSUER_KEY_NAMES, type IssuerKeyName } from '../functions/shared/issuer-keys.ts';
import type { ParsedOptions } from './parse-options.ts';
import { secureUrl } from './parse-url.ts';
import type { SecretsPlace } from './rotate-command.ts';
import { UsageError } from './usage.ts';

export interface RotateIssuerKeyCommand {
  readonly kind: 'rotate issuer-key';
  readonly place: SecretsPlace;
  /** Origin of the issuer, whose key set is looked at. Undefined only of a local stack, which need not run. */
  readonly issuer: string | undefined;
  /** The key to take back at once, instead of a step of the roll. */
  readonly withdraw: IssuerKeyName | undefined;
  /** Do it, and not only say what it is. */
  readonly apply: boolean;
}

/** The options of `rotate issuer-key`. @throws UsageError */
export function parseRotateIssuerKey(
  { values, flags }: Pick<ParsedOptions, 'values' | 'flags'>,
  place: SecretsPlace,
): RotateIssuerKeyCommand {
  const url = values.get('issuer');
  const issuer = url === undefined ? undefined : secureUrl('--issuer', url).origin;
  const name = values.get('withdraw');
  const withdraw = ISSUER_KEY_NAMES.find((known) => known === name);
  if (name !== undefined && withdraw === undefined) throw new UsageError('--withdraw: expected a or b');
  if (issuer === undefined && withdraw === undefined && place.kind !== 'folder') {
    throw new UsageError('--issuer is missing: the URL that the stack puts out as IssuerUrl');
  }
  return { kind: 'rotate issuer-key', place, issuer, withdraw, apply: flags.has('apply') };
}
