import type { EdgeOptions } from '../local/edge/edge-options.ts';
import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export interface EdgeRunCommand {
  readonly kind: 'edge run';
  /** A `.tgz`, or the folder that it is made of. */
  readonly bundle: string;
  readonly tier: EdgeOptions['tier'];
  /** 0: any free one. */
  readonly port: number;
  /** A JSON file (`edge-property.ts`). Undefined: the bundle serves every path, and there is nothing behind it. */
  readonly property: string | undefined;
  /** What Akamai leaves open, by chance. */
  readonly chance: {
    readonly seed: number;
    /** Fraction of calls whose un-awaited work is dropped. */
    readonly dropped: number;
    /** Within so many seconds from the start, each copy of EdgeKV sees what is written. */
    readonly lateSeconds: number;
  };
}

const TIERS = ['basic', 'dynamic', 'enterprise'] as const;
/** Akamai's own default for a new EdgeWorker id. */
const USUAL_TIER = 'dynamic';
const MOST_LATE_SECONDS = 3_600;

/** Parses what follows `edge run`. @throws UsageError */
export function parseEdgeRun(args: readonly string[]): EdgeRunCommand {
  const { values, positionals } = parseOptions(args, {
    bundle: 'value',
    tier: 'value',
    port: 'value',
    property: 'value',
    seed: 'value',
    drop: 'value',
    late: 'value',
  });
  const [extra] = positionals;
  if (extra !== undefined) throw new UsageError(`edge run: seen an argument: ${extra}`);
  const bundle = values.get('bundle');
  if (bundle === undefined)
    throw new UsageError('edge run: --bundle is missing: a .tgz, or the folder with main.js and bundle.json');
  const named = values.get('tier') ?? USUAL_TIER;
  const tier = TIERS.find((known) => known === named);
  if (tier === undefined) throw new UsageError(`--tier: expected one of ${TIERS.join(', ')}`);
  const number = (name: string, shape: RegExp, most: number, expected: string): number => {
    const text = values.get(name) ?? '0';
    if (!shape.test(text) || Number(text) > most) throw new UsageError(`--${name}: expected ${expected}`);
    return Number(text);
  };
  return {
    kind: 'edge run',
    bundle,
    tier,
    port: number('port', /^\d{1,5}$/, 65_535, 'a port'),
    property: values.get('property'),
    chance: {
      seed: number('seed', /^\d{1,9}$/, 999_999_999, 'a whole number of at most nine digits'),
      dropped: number('drop', /^\d*\.?\d+$/, 1, 'a fraction from 0 to 1'),
      lateSeconds: number('late', /^\d{1,4}$/, MOST_LATE_SECONDS, `whole seconds, at most ${MOST_LATE_SECONDS}`),
    },
  };
}
