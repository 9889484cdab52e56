import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config } from '../config/schema.ts';
import { SIGNING_MASTER_SECRET } from '../config/secret-names.ts';
import type { RollDependencies } from '../functions/rotation/roll-signing-master.ts';
import { createSecretsManagerVersions, versionsOf } from '../functions/rotation/versioned-secret-store.ts';
import { awsClientOptions } from '../functions/shared/aws-clients.ts';
import { createSecretsManagerStore } from '../functions/shared/secrets-manager-store.ts';
import { createVaultStore } from '../functions/shared/vault-store.ts';
import { openFileSecretStore } from '../local/file-secret-store.ts';
import type { CommandIo } from './command-io.ts';
import type { SecretsPlace } from './rotate-command.ts';

/** The config keeps the secrets in Vault, and nobody has said who asks there. */
export class VaultTokenMissingError extends Error {
  override readonly name = 'VaultTokenMissingError';
  readonly code = 'VAULT_TOKEN_MISSING';
  constructor() {
    super(
      'edgehouse.config.ts keeps the secrets in Vault, and VAULT_TOKEN is not set. Log in with `vault login`, ' +
        'then set it: export VAULT_TOKEN="$(vault print token)".',
    );
  }
}

/**
 * The signing master where it is written, and as every region reads it.
 *
 * @throws VaultTokenMissingError
 */
export async function openSigningMaster(
  place: SecretsPlace,
  { regions, secrets }: Pick<Config, 'regions' | 'secrets'>,
  { fetch, now }: Pick<CommandIo, 'fetch' | 'now'>,
): Promise<Pick<RollDependencies, 'store' | 'secret' | 'regions'>> {
  if (place.kind === 'folder') {
    const files = await openFileSecretStore(join(place.dataDir, 'secrets'));
    return { store: versionsOf(files), secret: SIGNING_MASTER_SECRET, regions: new Map([['local', files]]) };
  }
  if (secrets !== 'aws') {
    if (place.vaultToken === undefined) throw new VaultTokenMissingError();
    const store = createVaultStore({ vault: secrets.vault, identity: { token: place.vaultToken }, fetch, clock: now });
    // Every region asks the same server.
    return { store, secret: SIGNING_MASTER_SECRET, regions: new Map([['Vault', store]]) };
  }
  const clientIn = (region: string) => new SecretsManagerClient(awsClientOptions(region));
  const [primary = 'us-east-1'] = regions;
  return {
    store: createSecretsManagerVersions(clientIn(primary)),
    secret: SIGNING_MASTER_SECRET,
    regions: new Map(regions.map((region) => [region, createSecretsManagerStore(clientIn(region))])),
  };
}
