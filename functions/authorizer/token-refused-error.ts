import type { IdentityCode } from '../shared/codes.ts';
import type { ProvenIdentity } from '../shared/identity.ts';

/** A token that is proven bad. Anything else that goes wrong is a fault of ours and must not become a cached denial. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly code: IdentityCode;
  readonly retryable = false;
  /** Our clock less the refused time claim, in seconds. */
  readonly skewSeconds: number | undefined;
  /** What its signature proves of who sent it, though it is refused. Empty where the signature is not proven. */
  readonly proven: ProvenIdentity;

  /** @param detail what was seen and what was expected; goes to the audit line, never to the caller */
  constructor(code: IdentityCode, detail: string, skewSeconds?: number, proven: ProvenIdentity = {}) {
    super(detail);
    this.code = code;
    this.skewSeconds = skewSeconds;
    this.proven = proven;
  }
}
