import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describeAwsFault } from './aws-clients.ts';
import { type SecretStore, SecretUnavailableError } from './secret-store.ts';

/** All attempts together; ingest has 15 s in all. */
const TIMEOUT_MS = 3000;

/** Secrets of AWS Secrets Manager, by name or ARN; always the version AWSCURRENT. */
export function createSecretsManagerStore(client: SecretsManagerClient): SecretStore {
  return {
    async read(name) {
      const secret = await readSecret(client, name);
      if (secret === undefined) throw new SecretUnavailableError(name, { seen: 'it holds bytes instead of text' });
      return secret;
    },
  };
}

async function readSecret(client: SecretsManagerClient, name: string): Promise<string | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: name });
    const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
    return SecretString;
  } catch (cause) {
    throw new SecretUnavailableError(name, { seen: describeAwsFault(cause), cause });
  }
}
