import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretsConfig } from '../../config/secrets-schema.ts';
import { awsClientOptions } from './aws-clients.ts';
import { required } from './environment.ts';
import { openIssuerKeys } from './open-issuer-keys.ts';
import type { SecretStore } from './secret-store.ts';
import { createSecretsManagerStore } from './secrets-manager-store.ts';
import { createVaultStore } from './vault-store.ts';

/**
 * The store that the config names, as a deployed function reads it. Secrets Manager needs `AWS_REGION`; Vault, which is logged in to
 * with a token that our issuer's key signs, needs `ISSUER_URL` and what `openIssuerKeys` needs.
 *
 * @param functionName who logs in to Vault: `edgehouse:<functionName>` is the token's `sub`
 * @throws EnvironmentMissingError
 */
export function openSecretStore(
  { secrets }: { readonly secrets: SecretsConfig },
  functionName: string,
  environment: Readonly<Record<string, string | undefined>>,
): SecretStore {
  if (secrets === 'aws') {
    return createSecretsManagerStore(new SecretsManagerClient(awsClientOptions(required(environment, 'AWS_REGION'))));
  }
  return createVaultStore({
    vault: secrets.vault,
    identity: {
      issuer: required(environment, 'ISSUER_URL'),
      subject: `edgehouse:${functionName}`,
      signer: openIssuerKeys(environment).signer,
      newId: randomUUID,
    },
    fetch,
    clock: Date.now,
  });
}
