import type { CertificateMatcher, DeniedCertificate } from '../../config/certificate-schema.ts';
import type { Principal } from '../../config/schema.ts';
import { CertificateRefusedError } from './certificate-refused-error.ts';
import type { ClientCertificate } from './read-certificate.ts';

/** Whether a certificate is one of the principal's. */
export function fitsCertificate(matcher: CertificateMatcher | undefined, certificate: ClientCertificate): boolean {
  if (matcher === undefined) return false;
  if ('spiffeId' in matcher) return certificate.spiffeId === matcher.spiffeId;
  if ('spkiSha256' in matcher) return certificate.spki === matcher.spkiSha256;
  return certificate.issuer === matcher.issuer && certificate.subject === matcher.subject;
}

/**
 * Refuses a certificate that any principal lists as denied: whose key is stolen must not come in as another principal either.
 *
 * @throws CertificateRefusedError CERTIFICATE_DENIED
 */
export function refuseDeniedCertificate(certificate: ClientCertificate, principals: readonly Principal[]): void {
  const denying = principals.find(({ deniedCertificates = [] }) =>
    deniedCertificates.some((denied) => isDenied(denied, certificate)),
  );
  if (denying === undefined) return;
  throw new CertificateRefusedError(
    'CERTIFICATE_DENIED',
    `The client certificate is on the list deniedCertificates of ${denying.name}.`,
  );
}

function isDenied(denied: DeniedCertificate, certificate: ClientCertificate): boolean {
  if ('spkiSha256' in denied) return certificate.spki === denied.spkiSha256;
  return certificate.issuer === denied.issuer && certificate.serial === denied.serial;
}
