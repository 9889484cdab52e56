import type { AdminAccount } from '../clickhouse/admin-client.ts';
import type { TlsFiles } from './mutual-tls-fetch.ts';
import { parseAdminAccount } from './parse-admin-account.ts';
import { type ApiOptions, parseApi, parseStream, required } from './parse-api.ts';
import { parseOptions } from './parse-options.ts';
import { parsePrincipal, parseTlsFiles } from './parse-tls-files.ts';
import { secureUrl } from './parse-url.ts';
import { UsageError } from './usage.ts';

/** As whom batches are sent, and of which rows. */
export interface SmokeSender extends ApiOptions {
  readonly stream: string;
  readonly principal: string | undefined;
  /** Of one JSON object, the row. Undefined: one row of `web_events`, made now. */
  readonly file: string | undefined;
}

export interface SmokeCommand {
  readonly kind: 'smoke';
  /** Origin of the API. */
  readonly url: string;
  /** Undefined: only what can be asked without credentials. */
  readonly sender: SmokeSender | undefined;
  readonly tls: TlsFiles | undefined;
  /** Who may read the view `batches`. Undefined: nobody asks ClickHouse. */
  readonly account: AdminAccount | undefined;
  readonly json: boolean;
}

/** Only of use with the credentials. */
const SENDER_OPTIONS = ['stream', 'source', 'principal', 'clickhouse'];

/** Parses what follows `smoke`. @param env for the account @throws UsageError */
export function parseSmoke(args: readonly string[], env: Readonly<Record<string, string | undefined>>): SmokeCommand {
  const { values, flags, positionals } = parseOptions(args, {
    url: 'value',
    credentials: 'value',
    stream: 'value',
    source: 'value',
    principal: 'value',
    certificate: 'value',
    key: 'value',
    authorities: 'value',
    clickhouse: 'value',
    json: 'flag',
  });
  const [file, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`smoke takes one file, seen a second: ${extra}`);
  const tls = parseTlsFiles(values);
  const common = {
    kind: 'smoke',
    url: secureUrl('--url', required(values, 'url')).origin,
    tls,
    json: flags.has('json'),
  } as const;
  if (!values.has('credentials')) {
    const idle = file === undefined ? SENDER_OPTIONS.find((name) => values.has(name)) : 'FILE';
    if (idle !== undefined) throw new UsageError(`${idle === 'FILE' ? idle : `--${idle}`}: only with --credentials`);
    return { ...common, sender: undefined, account: undefined };
  }
  return {
    ...common,
    sender: {
      ...parseApi(values, 'url'),
      stream: parseStream(values),
      principal: parsePrincipal(values, tls),
      file,
    },
    account: values.has('clickhouse') ? parseAdminAccount(values, env) : undefined,
  };
}
