import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export interface RevokeCommand {
  readonly kind: 'revoke';
  readonly principal: string;
  /** As it was written: a time, or so long ago. Undefined: now. */
  readonly at: string | undefined;
}

/** Parses what follows `revoke`. @throws UsageError */
export function parseRevoke(args: readonly string[]): RevokeCommand {
  const { values, positionals } = parseOptions(args, { at: 'value' });
  const [principal, extra] = positionals;
  if (principal === undefined || extra !== undefined) {
    throw new UsageError('revoke: expected the name of one principal of edgehouse.config.ts');
  }
  return { kind: 'revoke', principal, at: values.get('at') };
}
