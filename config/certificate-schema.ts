import { z } from 'zod';
import { plainText, strictObject } from './schema-parts.ts';
import { serialNumber } from './serial-number.ts';
import { isSpiffeId } from './spiffe-id.ts';

const spkiSha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex, 64 characters, as `openssl dgst -sha256` prints it');

// As the authorizer writes it: Node's attributes in the certificate's order, on one line.
const distinguishedName = plainText(1024).refine(
  (text) => text.split(/(?<!\\), /).every((attribute) => /^[A-Za-z0-9.]+=/.test(attribute)),
  'a distinguished name in the certificate’s own order, such as C=FR, O=Example, CN=edge',
);

/** Which client certificates are a principal's: by exactly one of three things. The issuing CA vouches for each of them. */
export const certificateSchema = z.union([
  /** The one URI among the alternative names, a SPIFFE ID. */
  strictObject({ spiffeId: z.string().refine(isSpiffeId, 'a SPIFFE ID such as spiffe://example.com/edge') }),
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER) in lower-case hex: a renewal with the same key keeps it. */
  strictObject({ spkiSha256 }),
  /** Issuer and subject, exactly. */
  strictObject({ issuer: distinguishedName, subject: distinguishedName }),
]);

// What tools print: upper or lower case, with or without colons and leading zeros.
const serial = z
  .string()
  .regex(/^-?[0-9A-Fa-f]{1,2}(:?[0-9A-Fa-f]{2})*$/, 'a serial number in hex, such as 0A:1B or 0a1b')
  .transform(serialNumber);

/** Certificates that are refused although their CA still vouches for them: API Gateway knows no revocation. */
export const deniedCertificatesSchema = z
  .array(z.union([strictObject({ issuer: distinguishedName, serial }), strictObject({ spkiSha256 })]))
  .min(1);

export type CertificateMatcher = Readonly<z.output<typeof certificateSchema>>;
export type DeniedCertificate = Readonly<z.output<typeof deniedCertificatesSchema>[number]>;
