import { parseArgs } from 'node:util';
import { REPLAY_MODES, type ReplayMode } from './traffic/replay-log.ts';

export const USAGE = `npm start -- [--no-traffic | --replay FILE [--mode collect|request]] [--port N] [--data DIR] [--tls DIR] [--json]
  --no-traffic   start everything, send nothing
  --replay FILE  send the lines of an access log (combined format) through the edge, print a summary and end
  --mode MODE    collect: batches per visitor, as a page posts them (default); request: one event for each request
  --port N       port of the API (default: any free one)
  --data DIR     keep database, secrets, spool and audit lines there (default: a temporary folder)
  --tls DIR      certificates and keys for a domain with client certificates (docs/client-certificates.md)
  --json         print one ready line on standard output and nothing else, and stay until Ctrl-C; the rest goes to standard error
  CLICKHOUSE_URL http://admin:password@host:port uses that server instead of the embedded one`;

export type Traffic =
  | { readonly kind: 'none' }
  | { readonly kind: 'visitors' }
  | { readonly kind: 'replay'; readonly file: string; readonly mode: ReplayMode };

export interface StartOptions {
  readonly traffic: Traffic;
  readonly json: boolean;
  readonly port: number | undefined;
  readonly data: string | undefined;
  readonly tls: string | undefined;
}

/** @throws RangeError or TypeError with what was expected */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'no-traffic': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      port: { type: 'string' },
      data: { type: 'string' },
      tls: { type: 'string' },
      replay: { type: 'string' },
      mode: { type: 'string' },
    },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new RangeError('--port: expected a number from 0 to 65535.');
  }
  const { replay: file, mode: name = 'collect' } = values;
  const mode = REPLAY_MODES.find((known) => known === name);
  if (mode === undefined) throw new RangeError(`--mode: expected ${REPLAY_MODES.join(' or ')}.`);
  if (file === undefined && values.mode !== undefined) throw new RangeError('--mode: expected --replay FILE with it.');
  if (file !== undefined && values['no-traffic']) throw new RangeError('--replay: expected no --no-traffic with it.');
  const traffic: Traffic =
    file !== undefined ? { kind: 'replay', file, mode } : { kind: values['no-traffic'] ? 'none' : 'visitors' };
  return { traffic, json: values.json, port, data: values.data, tls: values.tls };
}
