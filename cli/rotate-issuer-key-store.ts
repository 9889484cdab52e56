import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  createSecretsManagerVersions,
  type VersionedSecretStore,
  versionsOf,
} from '../functions/rotation/versioned-secret-store.ts';
import { awsClientOptions } from '../functions/shared/aws-clients.ts';
import { openFileSecretStore } from '../local/file-secret-store.ts';
import type { SecretsPlace } from './rotate-command.ts';

/** Where the note lies which key of the issuer signs: Secrets Manager of the primary region, also where Vault keeps the secrets. */
export async function openIssuerKeyStore(
  place: SecretsPlace,
  [primary = 'us-east-1']: readonly string[],
): Promise<VersionedSecretStore> {
  if (place.kind === 'folder') return versionsOf(await openFileSecretStore(join(place.dataDir, 'secrets')));
  return createSecretsManagerVersions(new SecretsManagerClient(awsClientOptions(primary)));
}
