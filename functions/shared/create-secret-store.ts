import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretsConfig } from '../../config/secrets-schema.ts';
import type { AwsClientOptions } from './aws-clients.ts';
import type { SecretStore } from './secret-store.ts';
import { createSecretsManagerStore } from './secrets-manager-store.ts';
import { createVaultStore, type VaultStoreOptions } from './vault-store.ts';

export interface SecretStoreDependencies {
  /** Of the clients of this region. */
  readonly aws: AwsClientOptions;
  /** Called only where the config names Vault: only then does the function need an issuer and a signing key. */
  readonly vault: () => Omit<VaultStoreOptions, 'vault'>;
}

/** The store that the config names. @param config the parsed config */
export function createSecretStore(
  { secrets }: { readonly secrets: SecretsConfig },
  { aws, vault }: SecretStoreDependencies,
): SecretStore {
  if (secrets === 'aws') return createSecretsManagerStore(new SecretsManagerClient(aws));
  return createVaultStore({ ...vault(), vault: secrets.vault });
}
