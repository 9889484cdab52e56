import { randomUUID } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretsConfig } from '../../config/secrets-schema.ts';
import { awsClientOptions } from './aws-clients.ts';
import { required } from './environment.ts';
import { createKmsTokenSigner } from './kms-token-signer.ts';
import type { SecretStore } from './secret-store.ts';
import { createSecretsManagerStore } from './secrets-manager-store.ts';
import { createVaultStore } from './vault-store.ts';

/**
 * The store that the config names, as a deployed function reads it. Secrets Manager needs `AWS_REGION`; Vault, which is logged in to
 * with a token that our issuer's key signs, needs `ISSUER_URL` and `ACTIVE_KEY`.
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
  const activeKey = required(environment, 'ACTIVE_KEY');
  // The key lives in the primary region, wherever this function is: its ARN says where.
  const kms = new KMSClient(awsClientOptions(activeKey.split(':')[3] ?? ''));
  return createVaultStore({
    vault: secrets.vault,
    identity: {
      issuer: required(environment, 'ISSUER_URL'),
      subject: `edgehouse:${functionName}`,
      signer: () => createKmsTokenSigner([activeKey], kms),
      newId: randomUUID,
    },
    fetch,
    clock: Date.now,
  });
}
