import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { JWK } from 'jose';
import { awsClientOptions } from './aws-clients.ts';
import { required } from './environment.ts';
import { type IssuerKeyName, parseIssuerKeys } from './issuer-keys.ts';
import { createKmsTokenSigner, readKmsPublicKey } from './kms-token-signer.ts';
import type { SecretStore } from './secret-store.ts';
import { createSecretsManagerStore } from './secrets-manager-store.ts';
import type { TokenSigner } from './token-signer.ts';

export interface DeployedIssuerKeys {
  /** Where the note lies which key signs: Secrets Manager, also where Vault keeps the secrets, whose login it is for. */
  readonly store: SecretStore;
  /** The note's name there. */
  readonly secret: string;
  /** @throws KmsUnavailableError */
  readPublicKey(name: IssuerKeyName): Promise<JWK>;
  /**
   * The key that signs now. Reads the note each time and keeps nothing: a roll counts on it that a key that was replaced signs
   * no more when the calls that were under way have ended.
   *
   * @throws SecretUnavailableError, IssuerKeysInvalidError, KmsUnavailableError
   */
  signer(): Promise<TokenSigner>;
}

/**
 * The issuer's keys, as a deployed function uses them. Needs `ISSUER_KEYS_SECRET`, and `ISSUER_KEY_A` and `ISSUER_KEY_B`, the ARNs
 * of the keys in KMS; `AWS_REGION` where these name none.
 *
 * @throws EnvironmentMissingError
 */
export function openIssuerKeys(environment: Readonly<Record<string, string | undefined>>): DeployedIssuerKeys {
  const secret = required(environment, 'ISSUER_KEYS_SECRET');
  const keyIds: Readonly<Record<IssuerKeyName, string>> = {
    a: required(environment, 'ISSUER_KEY_A'),
    b: required(environment, 'ISSUER_KEY_B'),
  };
  // Keys and note live in the primary region, wherever this function is: a key's ARN says where.
  const aws = awsClientOptions(keyIds.a.split(':')[3] ?? required(environment, 'AWS_REGION'));
  const kms = new KMSClient(aws);
  const store = createSecretsManagerStore(new SecretsManagerClient(aws));
  return {
    store,
    secret,
    readPublicKey: (name) => readKmsPublicKey(keyIds[name], kms),
    async signer() {
      const { active } = parseIssuerKeys(await store.read(secret));
      return createKmsTokenSigner(keyIds[active], kms);
    },
  };
}
