import { nearestKey } from '../config/nearest-key.ts';
import { type OptionKinds, type ParsedOptions, parseOptions } from './parse-options.ts';
import { parseUrl, secureUrl } from './parse-url.ts';
import { INPUT_FORMATS, type InputFormat } from './read-rows.ts';
import { parseRotate, type RotateCommand } from './rotate-command.ts';
import { UsageError } from './usage.ts';

export interface SendCommand {
  readonly kind: 'send';
  /** `-` is standard input. */
  readonly file: string;
  /** Origin. */
  readonly api: string;
  readonly stream: string;
  readonly credentials: CredentialsPlace;
  readonly source: string;
  readonly format: InputFormat;
  readonly batch: number;
  readonly concurrency: number;
  readonly gzip: boolean;
}

export type CredentialsPlace =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string };

export interface MigrateCommand {
  readonly kind: 'migrate';
  /** Origin, without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Undefined: the one of the configuration. */
  readonly database: string | undefined;
}

export type Command =
  | SendCommand
  | MigrateCommand
  | RotateCommand
  | { readonly kind: 'grants print' }
  | { readonly kind: 'help' };

type Environment = Readonly<Record<string, string | undefined>>;

const COMMANDS = ['send', 'migrate', 'grants', 'rotate', 'help'];

/**
 * Parses a command line.
 *
 * @param args without the interpreter and the script
 * @param env only for the account of `migrate`
 * @throws UsageError
 */
export function parseCommand(args: readonly string[], env: Environment): Command {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError('no command is given');
  if (name === 'help' || args.includes('--help') || args.includes('-h')) return { kind: 'help' };
  switch (name) {
    case 'send':
      return parseSend(rest);
    case 'migrate':
      return parseMigrate(rest, env);
    case 'grants':
      return parseGrants(rest);
    case 'rotate':
      return parseRotate(rest);
    default:
      throw new UsageError(`unknown command ${name}; did you mean ${nearestKey(name, COMMANDS)}?`);
  }
}

const SEND_OPTIONS: OptionKinds = {
  api: 'value',
  stream: 'value',
  credentials: 'value',
  source: 'value',
  format: 'value',
  batch: 'value',
  concurrency: 'value',
  gzip: 'flag',
};

function parseSend(args: readonly string[]): SendCommand {
  const { values, flags, positionals } = parseOptions(args, SEND_OPTIONS);
  const [file = '-', extra] = positionals;
  if (extra !== undefined) throw new UsageError(`send takes one file, seen a second: ${extra}`);
  const stream = required(values, 'stream');
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(stream)) {
    throw new UsageError('--stream: expected lower-case letters, digits and _, the first a letter');
  }
  const source = required(values, 'source');
  if (!/^[!-+\--~]+$/.test(source))
    throw new UsageError('--source: expected ASCII without space or comma: ew/12345/1.2.0');
  const format = INPUT_FORMATS.find((known) => known === (values.get('format') ?? 'ndjson'));
  if (format === undefined) throw new UsageError(`--format: expected one of ${INPUT_FORMATS.join(', ')}`);
  const credentials = required(values, 'credentials');
  return {
    kind: 'send',
    file,
    api: secureUrl('--api', required(values, 'api')).origin,
    stream,
    source,
    format,
    credentials: /^https?:\/\//.test(credentials)
      ? { kind: 'url', url: secureUrl('--credentials', credentials).href }
      : { kind: 'file', path: credentials },
    batch: count(values, 'batch', 500, 10_000),
    concurrency: count(values, 'concurrency', 4, 64),
    gzip: flags.has('gzip'),
  };
}

function parseMigrate(args: readonly string[], env: Environment): MigrateCommand {
  const { values, positionals } = parseOptions(args, { clickhouse: 'value', database: 'value' });
  if (positionals.length > 0) throw new UsageError('migrate takes no argument');
  const url = parseUrl('--clickhouse', required(values, 'clickhouse'));
  return {
    kind: 'migrate',
    url: url.origin,
    user: decodeURIComponent(url.username) || env['EDGEHOUSE_CLICKHOUSE_USER'] || 'default',
    password: decodeURIComponent(url.password) || env['EDGEHOUSE_CLICKHOUSE_PASSWORD'] || '',
    database: values.get('database'),
  };
}

function parseGrants(args: readonly string[]): Command {
  const { positionals } = parseOptions(args, {});
  if (positionals.join(' ') !== 'print') throw new UsageError('grants: expected grants print');
  return { kind: 'grants print' };
}

function required(values: ParsedOptions['values'], name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

function count(values: ParsedOptions['values'], name: string, preset: number, most: number): number {
  const text = values.get(name) ?? String(preset);
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1 || number > most) {
    throw new UsageError(`--${name}: expected a whole number from 1 to ${most}`);
  }
  return number;
}
