import { ListSecretVersionIdsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describeAwsFault } from '../../shared/aws-clients.ts';
import type { CurrentSince } from './password-age.ts';
import { CURRENT, RotationStoreError } from './rotation-store.ts';

/** All attempts of one call together. */
const TIMEOUT_MS = 5000;

/**
 * By the date of the version and not by `LastRotatedDate`: a password that somebody wrote by hand is new, too. Only versions with a
 * label are listed, which are few enough for one page.
 */
export function createSecretsManagerCurrentSince(client: SecretsManagerClient): CurrentSince {
  return async (secret) => {
    try {
      const command = new ListSecretVersionIdsCommand({ SecretId: secret });
      const { Versions = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      return Versions.find(({ VersionStages = [] }) => VersionStages.includes(CURRENT))?.CreatedDate?.getTime();
    } catch (cause) {
      throw new RotationStoreError('Listing the versions of', secret, describeAwsFault(cause), { cause });
    }
  };
}
