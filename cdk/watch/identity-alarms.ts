import { IDENTITY_CODES, type IdentityCode } from '../../functions/shared/codes.ts';
import { type Alarm, tailLog, type Watched } from './alarm.ts';

/** Who is refused, and can it be decided at all? */
export function identityAlarms({ logGroups: { authorizer } }: Watched): readonly Alarm[] {
  return [
    ...IDENTITY_CODES.map((code): Alarm => refused(code, authorizer)),
    {
      name: 'key-set',
      title: 'The authorizer cannot read the key set of the issuer: tokens that it does not know yet get 500.',
      signal: {
        kind: 'metric',
        metric: { source: 'own', name: 'KeySetFetchFailed', service: 'authorizer' },
        statistic: 'Sum',
      },
      periodSeconds: 60,
      fires: 'above',
      threshold: 0,
      badPeriods: 3,
      ofPeriods: 5,
      missing: 'good',
      cause: 'The issuer does not answer, answers no key set, or KMS does not give it the public keys.',
      firstCommand: tailLog(authorizer, '15m', '"key set"'),
    },
  ];
}

/**
 * One a code: a scanner with nonsense for a token must not hide an EdgeWorker that is denied. API Gateway keeps a refusal for
 * 60 s, so that all the traffic of one bad token counts once a minute here; hence no ratio, and one a minute is much.
 */
function refused(code: IdentityCode, logGroup: string): Alarm {
  return {
    name: 'refused-identities',
    member: code,
    title: `Callers are refused again and again: ${code}.`,
    signal: {
      kind: 'metric',
      metric: {
        source: 'own',
        name: 'IdentitiesRefused',
        service: 'authorizer',
        dimensions: { code },
      },
      statistic: 'Sum',
    },
    periodSeconds: 60,
    fires: 'above',
    threshold: 0,
    badPeriods: 3,
    ofPeriods: 5,
    missing: 'good',
    cause: CAUSES[code],
    firstCommand: tailLog(logGroup, '15m', `{ $.decision = "deny" && $.code = "${code}" }`),
  };
}

const CAUSES: Readonly<Record<IdentityCode, string>> = {
  TOKEN_MISSING: 'A sender leaves Authorization out or empty.',
  TOKEN_MALFORMED: 'A scanner, or a sender that does not send the token as it stands in EdgeKV.',
  TOKEN_EXPIRED: 'An EdgeWorker reads an old item: look at refresh-heartbeat, and at EdgeKV of its network.',
  TOKEN_NOT_YET_VALID: 'The clocks of issuer and authorizer differ: skewSeconds in the audit line says by how much.',
  SIGNATURE_INVALID: 'A forged or changed token, or another stack with the same issuer URL.',
  KEY_UNKNOWN: 'The key that signs is not in the published key set: after a change of the KMS keys.',
  ISSUER_UNKNOWN: 'A sender of another deployment, or the issuer URL has changed since the token was minted.',
  AUDIENCE_MISMATCH: 'A sender of another deployment, or the audience has changed since the token was minted.',
  TYPE_MISMATCH: 'A sender sends an ID token, not an access token.',
  CERTIFICATE_MISSING: 'A sender that needs a certificate came without: the property does not present one.',
  CERTIFICATE_DENIED: 'A revoked certificate, or one that is not that of the principal of the token.',
  POLICY_DENIED: 'An EdgeWorker that no principal of edgehouse.config.ts fits, or two do.',
};
