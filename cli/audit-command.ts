import { parseOptions } from './parse-options.ts';
import { type StackPlace, stackPlace } from './stack-place.ts';
import { UsageError } from './usage.ts';

export interface AuditCommand {
  readonly kind: 'audit';
  readonly place: StackPlace;
  /** As it was written: a time, or so long ago. */
  readonly since: string;
  /** Only what was denied, failed, or lies dead. */
  readonly refused: boolean;
  /** The lines as they are, one JSON object each. */
  readonly json: boolean;
}

/** Parses what follows `audit`. @throws UsageError */
export function parseAudit(args: readonly string[]): AuditCommand {
  const options = parseOptions(args, { since: 'value', data: 'value', refused: 'flag', json: 'flag' });
  const { values, flags, positionals } = options;
  if (positionals.length > 0) throw new UsageError('audit takes no argument');
  const since = values.get('since');
  if (since === undefined)
    throw new UsageError('--since is missing: a time such as 2026-11-23T10:00:00Z, or 15m, 2h, 7d');
  return {
    kind: 'audit',
    place: stackPlace(options),
    since,
    refused: flags.has('refused'),
    json: flags.has('json'),
  };
}
