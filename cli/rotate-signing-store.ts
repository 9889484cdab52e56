import { join } from 'node:path';
import type { RollDependencies } from '../functions/rotation/roll-signing-master.ts';
import { versionsOf } from '../functions/rotation/versioned-secret-store.ts';
import { openFileSecretStore } from '../local/file-secret-store.ts';
import type { SecretsPlace } from './rotate-command.ts';

const SIGNING_MASTER = 'edgehouse/signing-master';

/** The signing master where it is written, and as every region reads it. @param regions the first one is where it is written */
export async function openSigningMaster(
  place: SecretsPlace,
  regions: readonly string[],
): Promise<Pick<RollDependencies, 'store' | 'secret' | 'regions'>> {
  if (place.kind === 'folder') {
    const files = await openFileSecretStore(join(place.dataDir, 'secrets'));
    return { store: versionsOf(files), secret: SIGNING_MASTER, regions: new Map([['local', files]]) };
  }
  const [
    { SecretsManagerClient },
    { awsClientOptions },
    { createSecretsManagerStore },
    { createSecretsManagerVersions },
  ] = await Promise.all([
    import('@aws-sdk/client-secrets-manager'),
    import('../functions/shared/aws-clients.ts'),
    import('../functions/shared/secrets-manager-store.ts'),
    import('../functions/rotation/versioned-secret-store.ts'),
  ]);
  const clientIn = (region: string) => new SecretsManagerClient(awsClientOptions(region));
  const [primary = 'us-east-1'] = regions;
  return {
    store: createSecretsManagerVersions(clientIn(primary)),
    secret: SIGNING_MASTER,
    regions: new Map(regions.map((region) => [region, createSecretsManagerStore(clientIn(region))])),
  };
}
