import type { Config } from '../../config/schema.ts';
import { createKeySetCache } from '../authorizer/key-set.ts';
import { TokenRefusedError } from '../authorizer/token-refused-error.ts';
import { trustedIssuers } from '../authorizer/trusted-issuer.ts';
import { verifyToken } from '../authorizer/verify-token.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import { TokenRequestError } from './token-request-error.ts';

export interface TokenProverOptions {
  readonly issuers: Config['issuers'];
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** None of the issuers below is the built-in one. */
const NOWHERE = { issuer: '', keySetUrl: '' };

/**
 * Verifies a token of an external issuer as the authorizer will: one that ingest would refuse must not take the place of one that it
 * takes. Make one a refresh, for it keeps the key sets that it has read. What it makes throws TokenRequestError `TOKEN_NOT_TRUSTED`,
 * and KeySetUnavailableError where the issuer's keys cannot be had.
 */
export function createTokenProver({ issuers, fetch, clock }: TokenProverOptions): (token: string) => Promise<void> {
  const external = trustedIssuers(
    issuers.filter(({ kind }) => kind === 'openid'),
    NOWHERE,
  );
  const ignore = () => undefined;
  const keySet = createKeySetCache({ fetch, clock, onFailure: ignore, onStale: ignore });
  return async (token) => {
    try {
      await verifyToken(token, {
        issuers: external,
        keySetFor: ({ keySetUrl }, kid) => keySet(keySetUrl, kid),
        now: seconds(clock),
      });
    } catch (fault) {
      if (!(fault instanceof TokenRefusedError)) throw fault;
      throw new TokenRequestError('TOKEN_NOT_TRUSTED', `a token that ingest would refuse, ${fault.code}`, {
        status: 200,
      });
    }
  };
}
