import type { IdentityCode } from '../shared/codes.ts';
import type { ProvenIdentity } from '../shared/identity.ts';

/** A client certificate that is missing, or proves nothing that we take. */
export class CertificateRefusedError extends Error {
  override readonly name = 'CertificateRefusedError';
  readonly code: Extract<IdentityCode, 'CERTIFICATE_MISSING' | 'CERTIFICATE_DENIED'>;
  readonly retryable = false;
  /** What the gateway vouches for, though it is refused: the certificate's key and serial number, where it can be read. */
  readonly proven: ProvenIdentity;

  /** @param detail what was seen and what was expected; goes to the audit line, never to the caller */
  constructor(code: CertificateRefusedError['code'], detail: string, proven: ProvenIdentity = {}) {
    super(detail);
    this.code = code;
    this.proven = proven;
  }
}
