import type { Config } from '../../config/schema.ts';
import { createKeySetCache } from '../authorizer/key-set.ts';
import { principalOfToken } from '../authorizer/settle-principal.ts';
import { TokenRefusedError } from '../authorizer/token-refused-error.ts';
import { trustedIssuers } from '../authorizer/trusted-issuer.ts';
import { verifyToken } from '../authorizer/verify-token.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import { TokenRequestError } from './token-request-error.ts';

export interface TokenProverOptions {
  readonly config: Pick<Config, 'issuers' | 'principals'>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** None of the issuers below is the built-in one. */
const NOWHERE = { issuer: '', keySetUrl: '' };

/**
 * Verifies a token of an external issuer as the authorizer will, and that it is some principal's: one that ingest would refuse must not
 * take the place of one that it takes. Make one a refresh, for it keeps the key sets that it has read. What it makes throws
 * TokenRequestError `TOKEN_NOT_TRUSTED`, and KeySetUnavailableError where the issuer's keys cannot be had.
 */
export function createTokenProver({ config, fetch, clock }: TokenProverOptions): (token: string) => Promise<void> {
  const external = trustedIssuers(
    config.issuers.filter(({ kind }) => kind === 'openid'),
    NOWHERE,
  );
  const ignore = () => undefined;
  const keySet = createKeySetCache({ fetch, clock, onFailure: ignore, onStale: ignore });
  return async (token) => {
    try {
      const verified = await verifyToken(token, {
        issuers: external,
        keySetFor: ({ keySetUrl }, kid) => keySet(keySetUrl, kid),
        now: seconds(clock),
      });
      principalOfToken(verified, Object.values(config.principals));
    } catch (fault) {
      if (!(fault instanceof TokenRefusedError)) throw fault;
      throw new TokenRequestError('TOKEN_NOT_TRUSTED', `a token that ingest would refuse, ${fault.code}`, {
        status: 200,
      });
    }
  };
}
