import { TokenRefusedError } from '../../../functions/authorizer/token-refused-error.ts';
import type { TrustedIssuer } from '../../../functions/authorizer/trusted-issuer.ts';
import { type VerifyTokenOptions, verifyToken } from '../../../functions/authorizer/verify-token.ts';
import { refuseExpiredToken, verifyDigest, verifySignature } from '../../../functions/ingest/admit-batch.ts';
import { findBatchKeyOf } from '../../../functions/ingest/batch-key-finder.ts';
import { readHeaders } from '../../../functions/ingest/read-headers.ts';
import { BatchRefusedError } from '../../../functions/shared/batch-refused-error.ts';
import { bearerToken } from '../../../functions/shared/bearer-token.ts';
import { describeFault } from '../../../functions/shared/describe-fault.ts';
import type { Identity } from '../../../functions/shared/identity.ts';
import type { CachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { VersionedKeys } from '../../../functions/shared/versioned-keys.ts';

export interface VerifyingRegionOptions {
  readonly issuer: TrustedIssuer;
  readonly keySetFor: VerifyTokenOptions['keySetFor'];
  readonly signingMaster: CachedSecret<VersionedKeys>;
  /** This region's clock, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: (line: unknown) => void;
}

/** `accepted`, or the code of the refusal. */
export type Verdict = string;

/** API Gateway keeps an authorizer's answer for so long. */
const IDENTITY_TTL_MS = 60_000;

/** One region's authorizer and the checks of its ingest that credentials can fail, in ingest's order. */
export function verifyingRegion({ issuer, keySetFor, signingMaster, clock, log }: VerifyingRegionOptions) {
  const identities = new Map<string, { readonly identity: Identity; readonly until: number }>();

  async function identify(token: string): Promise<Identity> {
    const held = identities.get(token);
    if (held !== undefined && clock() < held.until) return held.identity;
    const verified = await verifyToken(token, {
      issuers: [issuer],
      keySetFor,
      now: Math.floor(clock() / 1000),
    });
    const { iss, sub, clientId, jti, kid, exp } = verified;
    const identity: Identity = { principal: 'web-edge', auth: 'token', iss, sub, clientId, jti, kid, exp };
    identities.set(token, { identity, until: clock() + IDENTITY_TTL_MS });
    return identity;
  }

  return async function judge(headers: Readonly<Record<string, string>>, body: string): Promise<Verdict> {
    const now = Math.floor(clock() / 1000);
    try {
      const identity = await identify(bearerToken(headers['authorization']) ?? '');
      const read = readHeaders(headers, identity.auth);
      refuseExpiredToken(identity, now);
      verifyDigest(Buffer.from(body), read.contentDigest);
      const findKey = await findBatchKeyOf(identity, headers['authorization'], {
        signingMaster,
        principalKeys: new Map(),
      });
      verifySignature(read, 'web_events', findKey, now);
      log({ identity, decision: 'allow', batchId: read.batchId });
      return 'accepted';
    } catch (error) {
      log(describeFault(error));
      if (error instanceof TokenRefusedError || error instanceof BatchRefusedError) return error.code;
      return 'UNDECIDED';
    }
  };
}
