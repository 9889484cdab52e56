import { mintToken } from '../issuer/mint-token.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import type { TokenSigner } from '../shared/token-signer.ts';
import type { TokenSource } from './token-source.ts';

export interface BuiltinTokenSourceOptions {
  /** URL of the issuer. */
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
  readonly signer: TokenSigner;
  readonly clock: Clock;
  /** A new unique text, for `jti`. */
  readonly newId: () => string;
}

/** The built-in issuer: EdgeWorker 12345 gets `sub: ew:12345`. `tokenFor` throws whatever the signer throws. */
export function createBuiltinTokenSource(options: BuiltinTokenSourceOptions): TokenSource {
  const { issuer, audience, lifetimeSeconds, signer, clock, newId } = options;
  return {
    async tokenFor(edgeWorkerId) {
      const subject = `ew:${edgeWorkerId}`;
      const issuedAt = seconds(clock);
      const claims = { issuer, audience, subject, clientId: subject, scope: 'write', tokenId: newId(), issuedAt };
      return { ...(await mintToken({ ...claims, lifetimeSeconds }, signer)), issuedAt };
    },
  };
}
