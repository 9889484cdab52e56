import type { IncomingHttpHeaders } from 'node:http';
import { FrontError, NOT_IMPLEMENTED, UNKNOWN_SETTING } from './front-error.ts';

/** What the URL and the headers of a request say: ClickHouse's HTTP interface, in the part that this front speaks. */
export interface FrontRequest {
  readonly user: string;
  readonly password: string;
  readonly database: string | undefined;
  readonly queryId: string | undefined;
  /** The statement, or its beginning, as far as it stands in the URL. */
  readonly query: string;
  /** Query parameters, with their `param_`. */
  readonly parameters: readonly Assignment[];
  readonly settings: readonly Assignment[];
  readonly defaultFormat: string;
  readonly waitEndOfQuery: boolean;
  readonly gzipAnswer: boolean;
  /** A GET may not change anything, as on a server. */
  readonly readOnly: boolean;
}

export type Assignment = readonly [name: string, value: string];

// Arguments of the HTTP interface that are no settings; those of the second line do nothing here.
const ARGUMENTS: ReadonlySet<string> = new Set([
  ...['query', 'query_id', 'user', 'password', 'database', 'default_format', 'wait_end_of_query'],
  ...['buffer_size', 'stacktrace', 'quota_key', 'http_write_exception_in_output_format'],
]);
// Accepting these and doing nothing would answer something else than what was asked.
const UNSUPPORTED: ReadonlySet<string> = new Set([
  ...['session_id', 'session_timeout', 'session_check', 'close_session', 'role', 'compress', 'decompress'],
]);

/** @throws FrontError for what this front does not speak */
export function readRequest(method: string, url: URL, headers: IncomingHttpHeaders): FrontRequest {
  const { searchParams } = url;
  const assignments = [...searchParams].filter(([name]) => !ARGUMENTS.has(name));
  for (const [name] of assignments) {
    if (UNSUPPORTED.has(name)) {
      throw new FrontError(
        NOT_IMPLEMENTED,
        `'${name}' is not supported by the embedded engine: each request has a session of its own; leave it out`,
      );
    }
    if (!/^\w+$/.test(name)) throw new FrontError(UNKNOWN_SETTING, `Unknown setting '${name}'`);
  }
  const [user, password] = basicCredentials(headers.authorization) ?? [
    searchParams.get('user') ?? header(headers, 'x-clickhouse-user'),
    searchParams.get('password') ?? header(headers, 'x-clickhouse-key'),
  ];
  return {
    user: user || 'default',
    password: password ?? '',
    database: searchParams.get('database') || header(headers, 'x-clickhouse-database'),
    queryId: searchParams.get('query_id') || undefined,
    query: searchParams.get('query') ?? '',
    parameters: assignments.filter(([name]) => name.startsWith('param_')),
    settings: assignments.filter(([name]) => !name.startsWith('param_')),
    defaultFormat: header(headers, 'x-clickhouse-format') ?? (searchParams.get('default_format') || 'TabSeparated'),
    waitEndOfQuery: searchParams.get('wait_end_of_query') === '1',
    gzipAnswer:
      // On by default since 25.10, for a client that says it takes gzip.
      searchParams.get('enable_http_compression') !== '0' && /\bgzip\b/.test(headers['accept-encoding'] ?? ''),
    readOnly: method !== 'POST',
  };
}

function basicCredentials(authorization: string | undefined): readonly [string, string] | undefined {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
