import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage.ts';

export interface CertificateCommand {
  readonly kind: 'certificate';
  readonly file: string;
}

/** Parses what follows `certificate`. @throws UsageError */
export function parseCertificate(args: readonly string[]): CertificateCommand {
  const { positionals } = parseOptions(args, {});
  const [file, extra] = positionals;
  if (file === undefined || extra !== undefined) throw new UsageError('certificate: expected one file');
  return { kind: 'certificate', file };
}
