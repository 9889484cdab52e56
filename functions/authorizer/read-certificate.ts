import { createHash, X509Certificate } from 'node:crypto';
import { serialNumber } from '../../config/serial-number.ts';
import { isSpiffeId } from '../../config/spiffe-id.ts';
import type { ProvenIdentity } from '../shared/identity.ts';
import { type CertificateExtensions, CLIENT_AUTH, readCertificateExtensions } from './certificate-extensions.ts';
import { CertificateRefusedError } from './certificate-refused-error.ts';
import { DerInvalidError } from './read-der.ts';

/** What a client certificate says of its holder. */
export interface ClientCertificate {
  /** Its SPIFFE ID, where it has one. */
  readonly spiffeId?: string;
  /** SHA-256 of its public key (SubjectPublicKeyInfo), lower-case hex. It outlives a renewal with the same key. */
  readonly spki: string;
  /** Distinguished names, as `distinguishedName` writes them. */
  readonly issuer: string;
  readonly subject: string;
  /** Serial number: upper-case hex without leading zeros. */
  readonly serial: string;
  /** `x5t#S256` of RFC 8705: SHA-256 of the certificate, base64url. */
  readonly thumbprint: string;
  /** Seconds since the epoch, both. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** One block and nothing around it: of a chain, nobody could say which one is meant. */
const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
/** Real ones have 1 to 4 kB. */
const MOST_CHARACTERS = 32_768;

/**
 * Reads a client certificate that the gateway has verified up to a CA of the truststore, and checks what the gateway does not:
 * that it is a leaf which may prove a client. Chain and signature are the gateway's work, and are not judged again here.
 *
 * @param pem `requestContext.authentication.clientCert.clientCertPem`; never a header's value, which anybody can send
 * @param now seconds since the epoch
 * @throws CertificateRefusedError CERTIFICATE_DENIED
 */
export function readCertificate(pem: string, now: number): ClientCertificate {
  const { certificate, spki, extensions } = parse(pem);
  const proof = { spki, serial: serialNumber(certificate.serialNumber) };
  const refused: Refuse = (detail) => denied(detail, proof);
  const notBefore = Math.floor(certificate.validFromDate.getTime() / 1000);
  const notAfter = Math.floor(certificate.validToDate.getTime() / 1000);
  // Also what cannot be read as a time.
  if (!(notBefore <= now && now <= notAfter)) throw refused('It is not valid at this time.');
  if (extensions.ca) throw refused('It is a CA’s; expected that of a client.');
  if (extensions.signsOthers) throw refused('Its key usage lets it sign certificates or revocation lists.');
  if (!extensions.extendedKeyUsages.includes(CLIENT_AUTH)) throw refused('Its extended key usage has no clientAuth.');
  const spiffeId = readSpiffeId(extensions.uris, refused);
  return {
    ...(spiffeId === undefined ? {} : { spiffeId }),
    ...proof,
    issuer: distinguishedName(certificate.issuer),
    subject: distinguishedName(certificate.subject),
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    notBefore,
    notAfter,
  };
}

interface ParsedCertificate {
  readonly certificate: X509Certificate;
  readonly spki: string;
  readonly extensions: CertificateExtensions;
}

function parse(pem: string): ParsedCertificate {
  const [, base64] = (pem.length <= MOST_CHARACTERS ? PEM.exec(pem) : undefined) ?? [];
  if (base64 === undefined) throw denied('It is not one certificate in PEM.');
  const der = Buffer.from(base64, 'base64');
  try {
    const certificate = new X509Certificate(der);
    // OpenSSL overlooks what follows the certificate, and we do not: its thumbprint is that of all bytes.
    if (!certificate.raw.equals(der)) throw new DerInvalidError('something after the certificate');
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
    const spki = createHash('sha256').update(key).digest('hex');
    const extensions = readCertificateExtensions(certificate.raw);
    // A name that OpenSSL cannot read within, beside a URI that we can.
    if (extensions.uris.length > 0 && certificate.subjectAltName === undefined)
      throw new DerInvalidError('alternative names that OpenSSL cannot read');
    return { certificate, spki, extensions };
  } catch {
    throw denied('It cannot be parsed.');
  }
}

type Refuse = (detail: string) => CertificateRefusedError;

/** X.509-SVID §2: exactly one URI, or nobody could say whom it names. */
function readSpiffeId(uris: readonly string[], refused: Refuse): string | undefined {
  const [uri, ...more] = uris;
  if (more.length > 0) throw refused(`It has ${uris.length} URIs among its alternative names; expected one at most.`);
  if (uri === undefined || !/^spiffe:/i.test(uri)) return undefined;
  if (!isSpiffeId(uri)) throw refused('Its SPIFFE ID is not of the standard’s form.');
  return uri;
}

/**
 * A distinguished name on one line: `C=FR, O=Example, CN=edge`, in the certificate's own order. Node writes one attribute a line and
 * escapes what RFC 4514 §2.4 does (`O=Exa\, mple`), so no value can look like two.
 */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '').split('\n').join(', ');
}

function denied(detail: string, proven: ProvenIdentity = {}): CertificateRefusedError {
  return new CertificateRefusedError('CERTIFICATE_DENIED', `The client certificate is refused. ${detail}`, proven);
}
