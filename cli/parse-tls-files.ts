import type { TlsFiles } from './mutual-tls-fetch.ts';
import type { ParsedOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

/** Reads `--certificate`, `--key` and `--authorities`. @throws UsageError */
export function parseTlsFiles(values: ParsedOptions['values']): TlsFiles | undefined {
  const [certificate, key, authorities] = ['certificate', 'key', 'authorities'].map((name) => values.get(name));
  if (certificate !== undefined && key !== undefined) return { certificate, key, authorities };
  if (certificate === undefined && key === undefined && authorities === undefined) return undefined;
  throw new UsageError('--certificate, --key: expected both, and --authorities only with them');
}

/** Reads `--principal`. @throws UsageError */
export function parsePrincipal(values: ParsedOptions['values'], tls: TlsFiles | undefined): string | undefined {
  const principal = values.get('principal');
  if (principal !== undefined && tls === undefined) {
    throw new UsageError('--principal: expected --certificate with it, which then proves who sends');
  }
  return principal;
}
