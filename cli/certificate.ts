import { readFile } from 'node:fs/promises';
import { type ClientCertificate, readCertificate } from '../functions/authorizer/read-certificate.ts';
import type { CertificateCommand } from './certificate-command.ts';
import type { CommandIo } from './command-io.ts';
import { printable } from './printable.ts';

/**
 * `edgehouse certificate`: what to write into the configuration for a client certificate, as the authorizer will read it.
 *
 * @throws CertificateRefusedError where the authorizer would refuse it for everybody; what reading the file throws
 */
export async function certificate({ file }: CertificateCommand, io: Pick<CommandIo, 'out' | 'now'>): Promise<void> {
  const read = readCertificate(await readFile(file, 'utf8'), Math.floor(io.now() / 1000));
  for (const line of describeCertificate(read)) io.out(line);
}

/** Lines for a principal of `edgehouse.config.ts`: one of the first to know it by, one of the others to deny it. */
export function describeCertificate(certificate: ClientCertificate): readonly string[] {
  const { spiffeId, spki, issuer, subject, serial, thumbprint, notBefore, notAfter } = certificate;
  const [from, until] = [notBefore, notAfter].map((seconds) => new Date(seconds * 1000).toISOString());
  return [
    `Good from ${from} to ${until}. To know it, one of these:`,
    ...(spiffeId === undefined ? [] : [`  certificate: { spiffeId: ${text(spiffeId)} },`]),
    `  certificate: { spkiSha256: ${text(spki)} },`,
    // Without a subject it is told apart from no other of its issuer.
    ...(subject === '' ? [] : [`  certificate: { issuer: ${text(issuer)}, subject: ${text(subject)} },`]),
    'To deny it, for everybody: this very certificate, or every one with its key.',
    `  deniedCertificates: [{ issuer: ${text(issuer)}, serial: ${text(serial)} }],`,
    `  deniedCertificates: [{ spkiSha256: ${text(spki)} }],`,
    `A token that is bound to it (RFC 8705) has cnf: { "x5t#S256": "${thumbprint}" }.`,
  ];
}

/** As TypeScript writes it: a name may hold quotes and backslashes, and what a terminal would obey. */
function text(value: string): string {
  return `'${printable(value.replaceAll(/[\\']/g, '\\$&'))}'`;
}
