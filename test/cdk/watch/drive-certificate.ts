import { createAuthorize } from '../../../functions/authorizer/authorize.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { createAuthority } from '../../unit/functions/authorizer/issue-certificate.ts';
import { PARTNER_ID, WITH_CLIENT_CERTIFICATES } from '../support/client-certificates-config.ts';
import { eventWith } from './drive-authorizer.ts';

const DAY_MS = 86_400_000;

/** The authorizer with the telemetry of its handler lets a partner in whose certificate lives for so many days more. */
export async function driveCertificate(days: number): Promise<void> {
  const now = Date.UTC(2026, 10, 23);
  const authority = await createAuthority();
  const { pem } = await authority.issue({ uris: [PARTNER_ID], notAfter: new Date(now + days * DAY_MS) });
  const authorize = createAuthorize({
    config: WITH_CLIENT_CERTIFICATES,
    issuers: [],
    keySetFor: async () => ({ keys: [] }),
    clock: () => now,
    ...createLambdaTelemetry('authorizer'),
  });
  await authorize(eventWith(undefined, pem));
}
