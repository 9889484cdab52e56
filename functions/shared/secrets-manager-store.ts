import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretStore, SecretUnavailableError } from './secret-store.ts';

/** Secrets of AWS Secrets Manager, by name or ARN; always the version AWSCURRENT. */
export function createSecretsManagerStore(client = new SecretsManagerClient({ maxAttempts: 3 })): SecretStore {
  return {
    async read(name) {
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }), {
          abortSignal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (SecretString !== undefined) return SecretString;
      } catch (cause) {
        throw new SecretUnavailableError(name, { cause });
      }
      throw new SecretUnavailableError(name);
    },
  };
}

/** All attempts together; ingest has 15 s in all. */
const TIMEOUT_MS = 3000;
