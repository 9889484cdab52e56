import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { describeAwsFault } from '../../shared/aws-clients.ts';
import { CURRENT, PENDING, type RotationStore, RotationStoreError } from './rotation-store.ts';

/** All attempts of one call together. */
const TIMEOUT_MS = 5000;

/** AWS Secrets Manager, by the secret's ARN. */
export function createSecretsManagerRotationStore(client: SecretsManagerClient): RotationStore {
  return {
    describe: (secret) =>
      asked('Describing', secret, async (abortSignal) => {
        const answer = await client.send(new DescribeSecretCommand({ SecretId: secret }), { abortSignal });
        return {
          // Absent where a rotation was never set up, and then nobody should call.
          rotationEnabled: answer.RotationEnabled ?? false,
          labels: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
        };
      }),

    readVersion: (secret, version) =>
      asked('Reading', secret, async (abortSignal) => {
        const command = new GetSecretValueCommand({ SecretId: secret, VersionId: version });
        const answer = await client.send(command, { abortSignal }).catch((error: unknown) => {
          // A version may be there, labelled, without a value (github.com/aws/aws-sdk-js-v3/issues/7701).
          if (isCalled(error, 'ResourceNotFoundException')) return { SecretString: undefined };
          throw error;
        });
        return answer.SecretString;
      }),

    putPending: (secret, version, value) =>
      asked('Writing', secret, async (abortSignal) => {
        const command = new PutSecretValueCommand({
          SecretId: secret,
          ClientRequestToken: version,
          SecretString: value,
          VersionStages: [PENDING],
        });
        await client.send(command, { abortSignal }).catch((error: unknown) => {
          // Its value was written before, by an attempt whose answer was lost or by one beside this.
          if (!isCalled(error, 'ResourceExistsException')) throw error;
        });
      }),

    moveCurrent: (secret, from, to) =>
      asked('Moving AWSCURRENT of', secret, async (abortSignal) => {
        const command = new UpdateSecretVersionStageCommand({
          SecretId: secret,
          VersionStage: CURRENT,
          MoveToVersionId: to,
          RemoveFromVersionId: from,
        });
        await client.send(command, { abortSignal });
      }),
  };
}

async function asked<T>(what: string, secret: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await run(AbortSignal.timeout(TIMEOUT_MS));
  } catch (cause) {
    throw new RotationStoreError(what, secret, describeAwsFault(cause), { cause });
  }
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
