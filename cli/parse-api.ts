import type { CredentialsPlace } from './credentials-place.ts';
import type { ParsedOptions } from './parse-options.ts';
import { secureUrl } from './parse-url.ts';
import { UsageError } from './usage.ts';

/** Where batches are sent, and as whose. */
export interface ApiOptions {
  /** Origin. */
  readonly api: string;
  readonly credentials: CredentialsPlace;
  /** `Edge-Source`: has to be one that the policy ties to the credentials. */
  readonly source: string;
}

/** Reads `--api`, `--credentials` and `--source`. @param origin what the first is called @throws UsageError */
export function parseApi(values: ParsedOptions['values'], origin: 'api' | 'url' = 'api'): ApiOptions {
  const source = required(values, 'source');
  if (!/^[!-+\--~]+$/.test(source))
    throw new UsageError('--source: expected ASCII without space or comma: ew/12345/1.2.0');
  const credentials = required(values, 'credentials');
  return {
    api: secureUrl(`--${origin}`, required(values, origin)).origin,
    source,
    credentials: /^https?:\/\//.test(credentials)
      ? { kind: 'url', url: secureUrl('--credentials', credentials).href }
      : { kind: 'file', path: credentials },
  };
}

/** Reads `--stream`. @throws UsageError */
export function parseStream(values: ParsedOptions['values']): string {
  const stream = required(values, 'stream');
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(stream)) {
    throw new UsageError('--stream: expected lower-case letters, digits and _, the first a letter');
  }
  return stream;
}

/** The value of an option that has to be given. @throws UsageError */
export function required(values: ParsedOptions['values'], name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}
