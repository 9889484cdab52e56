import { type OptionKinds, parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export type RotateCommand = RotateSigningCommand | RotateStatusCommand;

export interface RotateSigningCommand {
  readonly kind: 'rotate signing';
  readonly place: SecretsPlace;
  /** Do the next step, and not only say what it is. */
  readonly apply: boolean;
}

export interface RotateStatusCommand {
  readonly kind: 'rotate status';
  readonly place: SecretsPlace;
}

/** Where the signing master lies. */
export type SecretsPlace =
  /** The folder that `npm start -- --data DIR` keeps. */
  | { readonly kind: 'folder'; readonly dataDir: string }
  /** Secrets Manager in the regions of the configuration. */
  | { readonly kind: 'aws' };

const OPTIONS: OptionKinds = { data: 'value', apply: 'flag' };

/** Parses what follows `rotate`. @throws UsageError */
export function parseRotate(args: readonly string[]): RotateCommand {
  const { values, flags, positionals } = parseOptions(args, OPTIONS);
  const dataDir = values.get('data');
  const place: SecretsPlace = dataDir === undefined ? { kind: 'aws' } : { kind: 'folder', dataDir };
  switch (positionals.join(' ')) {
    case 'signing':
      return { kind: 'rotate signing', place, apply: flags.has('apply') };
    case 'status':
      if (flags.has('apply')) throw new UsageError('rotate status only looks: it takes no --apply');
      return { kind: 'rotate status', place };
    default:
      throw new UsageError('rotate: expected rotate signing or rotate status');
  }
}
