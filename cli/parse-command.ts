import { nearestKey } from '../config/nearest-key.ts';
import { type AuditCommand, parseAudit } from './audit-command.ts';
import { type CertificateCommand, parseCertificate } from './certificate-command.ts';
import { type EdgeCommand, parseEdge } from './edge-command.ts';
import { type GrantsCommand, parseGrants } from './grants-command.ts';
import type { TlsFiles } from './mutual-tls-fetch.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { type ApiOptions, parseApi, parseStream } from './parse-api.ts';
import { type OptionKinds, type ParsedOptions, parseOptions } from './parse-options.ts';
import { parsePrincipal, parseTlsFiles } from './parse-tls-files.ts';
import { parseQuarantine, type QuarantineCommand } from './quarantine-command.ts';
import { INPUT_FORMATS, type InputFormat } from './read-rows.ts';
import { parseReceipt, type ReceiptCommand } from './receipt-command.ts';
import { parseReconcile, type ReconcileCommand } from './reconcile-command.ts';
import { parseRevoke, type RevokeCommand } from './revoke-command.ts';
import { parseRotate, type RotateCommand } from './rotate-command.ts';
import { parseSmoke, type SmokeCommand } from './smoke-command.ts';
import { parseSpool, type SpoolCommand } from './spool-command.ts';
import { parseTail, type TailCommand } from './tail-command.ts';
import { parseTypes, type TypesCommand } from './types-command.ts';
import { UsageError } from './usage.ts';

export interface SendCommand extends ApiOptions {
  readonly kind: 'send';
  /** `-` is standard input. */
  readonly file: string;
  readonly stream: string;
  /** Who signs with a key of its own and has no token. Undefined: the credentials have a token. */
  readonly principal: string | undefined;
  /** For a domain that asks for client certificates. */
  readonly tls: TlsFiles | undefined;
  readonly format: InputFormat;
  readonly batch: number;
  readonly concurrency: number;
  readonly gzip: boolean;
}

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
  | AuditCommand
  | QuarantineCommand
  | SpoolCommand
  | ReconcileCommand
  | ReceiptCommand
  | SmokeCommand
  | TailCommand
  | TypesCommand
  | GrantsCommand
  | RevokeCommand
  | CertificateCommand
  | EdgeCommand
  | { readonly kind: 'help' };

type Environment = Readonly<Record<string, string | undefined>>;

const COMMANDS = [
  'send',
  'migrate',
  'grants',
  'revoke',
  'certificate',
  'edge',
  'rotate',
  'audit',
  'quarantine',
  'spool',
  'reconcile',
  'receipt',
  'smoke',
  'tail',
  'types',
  'help',
];

/**
 * Parses a command line.
 *
 * @param args without the interpreter and the script
 * @param env only for the account of whatever takes `--clickhouse`, Vault's token, and the Akamai API client
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
      return parseGrants(rest, env);
    case 'revoke':
      return parseRevoke(rest);
    case 'certificate':
      return parseCertificate(rest);
    case 'edge':
      return parseEdge(rest, env);
    // `rotation status` reads as well, and is asked for by that name.
    case 'rotate':
    case 'rotation':
      return parseRotate(rest, env);
    case 'audit':
      return parseAudit(rest);
    case 'quarantine':
      return parseQuarantine(rest, env);
    case 'spool':
      return parseSpool(rest, env);
    case 'reconcile':
      return parseReconcile(rest, env);
    case 'receipt':
      return parseReceipt(rest, env);
    case 'smoke':
      return parseSmoke(rest, env);
    case 'tail':
      return parseTail(rest, env);
    case 'types':
      return parseTypes(rest, env);
    default:
      throw new UsageError(`unknown command ${name}; did you mean ${nearestKey(name, COMMANDS)}?`);
  }
}

const SEND_OPTIONS: OptionKinds = {
  api: 'value',
  stream: 'value',
  credentials: 'value',
  principal: 'value',
  certificate: 'value',
  key: 'value',
  authorities: 'value',
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
  const stream = parseStream(values);
  const format = INPUT_FORMATS.find((known) => known === (values.get('format') ?? 'ndjson'));
  if (format === undefined) throw new UsageError(`--format: expected one of ${INPUT_FORMATS.join(', ')}`);
  if (format === 'csv' && flags.has('gzip')) {
    throw new UsageError('--gzip: not with --format csv, for the gateway hands text types over as text');
  }
  const tls = parseTlsFiles(values);
  return {
    kind: 'send',
    file,
    stream,
    format,
    ...parseApi(values),
    principal: parsePrincipal(values, tls),
    tls,
    batch: count(values, 'batch', 500, 10_000),
    concurrency: count(values, 'concurrency', 4, 64),
    gzip: flags.has('gzip'),
  };
}

function parseMigrate(args: readonly string[], env: Environment): MigrateCommand {
  const { values, positionals } = parseOptions(args, { clickhouse: 'value', database: 'value' });
  if (positionals.length > 0) throw new UsageError('migrate takes no argument');
  return { kind: 'migrate', ...parseAdminAccount(values, env), database: values.get('database') };
}

function count(values: ParsedOptions['values'], name: string, preset: number, most: number): number {
  const text = values.get(name) ?? String(preset);
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1 || number > most) {
    throw new UsageError(`--${name}: expected a whole number from 1 to ${most}`);
  }
  return number;
}
