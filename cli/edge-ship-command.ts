import { BUNDLE_HANDLERS, type BundleHandler } from '../edgeworker/bundle-settings.ts';
import { type EdgercPlace, edgercPlace } from './edgerc.ts';
import { type OptionKinds, type ParsedOptions, parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

interface OnBundles {
  readonly place: EdgercPlace;
  /** Where the bundles lie. */
  readonly folder: string;
  /** Undefined: every EdgeWorker that the config names. */
  readonly only: BundleHandler | undefined;
}

export type EdgeShipCommand = EdgeValidateCommand | EdgeDeployCommand;

export interface EdgeValidateCommand extends OnBundles {
  readonly kind: 'edge validate';
}

export interface EdgeDeployCommand extends OnBundles {
  readonly kind: 'edge deploy';
  /** Undefined: those of the config. */
  readonly network: 'staging' | 'production' | undefined;
  /** How long an activation is waited for. */
  readonly waitMinutes: number;
  /**
   * Go back to what was active before the version of these bundles first was. Where that version was deployed again over a later one, this
   * is not the later one.
   */
  readonly rollback: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS: OptionKinds = { edgerc: 'value', section: 'value', bundles: 'value', only: 'value' };
const FOLDER = 'dist/edgeworker';
const WAIT_MINUTES = 30;
const MOST_WAIT_MINUTES = 240;

/** Parses what follows `edge validate`. @param env for the credential @throws UsageError */
export function parseEdgeValidate(args: readonly string[], env: Environment): EdgeValidateCommand {
  return { kind: 'edge validate', ...onBundles(parse(args, OPTIONS), env) };
}

/** Parses what follows `edge deploy`. @param env for the credential @throws UsageError */
export function parseEdgeDeploy(args: readonly string[], env: Environment): EdgeDeployCommand {
  const options = parse(args, { ...OPTIONS, network: 'value', wait: 'value', rollback: 'flag' });
  const named = options.values.get('network');
  const network = NETWORKS.find((known) => known === named);
  if (named !== undefined && network === undefined) throw new UsageError('--network: expected staging or production');
  return {
    kind: 'edge deploy',
    ...onBundles(options, env),
    network,
    waitMinutes: waitMinutes(options.values.get('wait')),
    rollback: options.flags.has('rollback'),
  };
}

const NETWORKS = ['staging', 'production'] as const;

function parse(args: readonly string[], kinds: OptionKinds): ParsedOptions {
  const options = parseOptions(args, kinds);
  if (options.positionals.length > 0) throw new UsageError(`edge: seen an argument: ${options.positionals[0]}`);
  return options;
}

function onBundles(options: ParsedOptions, env: Environment): OnBundles {
  const named = options.values.get('only');
  const only = BUNDLE_HANDLERS.find((known) => known === named);
  if (named !== undefined && only === undefined)
    throw new UsageError(`--only: expected ${BUNDLE_HANDLERS.join(' or ')}`);
  return { place: edgercPlace(options, env), folder: options.values.get('bundles') ?? FOLDER, only };
}

function waitMinutes(text: string | undefined): number {
  if (text === undefined) return WAIT_MINUTES;
  const minutes = Number(text);
  if (!/^\d{1,3}$/.test(text) || minutes < 1 || minutes > MOST_WAIT_MINUTES) {
    throw new UsageError(`--wait: expected whole minutes from 1 to ${MOST_WAIT_MINUTES}`);
  }
  return minutes;
}
