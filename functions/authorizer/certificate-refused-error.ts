import type { IdentityCode } from '../shared/codes.ts';

/** A client certificate that is missing, or proves nothing that we take. */
export class CertificateRefusedError extends Error {
  override readonly name = 'CertificateRefusedError';
  readonly code: Extract<IdentityCode, 'CERTIFICATE_MISSING' | 'CERTIFICATE_DENIED'>;
  readonly retryable = false;

  /** @param detail what was seen and what was expected; goes to the audit line, never to the caller */
  constructor(code: CertificateRefusedError['code'], detail: string) {
    super(detail);
    this.code = code;
  }
}
