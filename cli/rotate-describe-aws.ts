import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CURRENT, PENDING } from '../functions/rotation/rotate-database-user/rotation-store.ts';
import { describeAwsFault } from '../functions/shared/aws-clients.ts';
import type { RotationFacts, SecretFacts } from './rotate-credential-status.ts';

/** A secret could not be looked at; nothing of its value was asked for. */
export class SecretNotDescribedError extends Error {
  override readonly name = 'SecretNotDescribedError';
  readonly code = 'SECRET_NOT_DESCRIBED';
  constructor(secret: string, seen: string, options?: ErrorOptions) {
    super(`Secret ${secret} could not be described: ${seen}. It takes secretsmanager:DescribeSecret on it.`, options);
  }
}

/** All attempts of one call together. */
const TIMEOUT_MS = 10_000;

/**
 * What Secrets Manager says of a secret without its value. When a version was written stands in the list of versions alone: who may
 * not read that gets everything else.
 *
 * @returns undefined where there is no such secret, or not for long
 * @throws SecretNotDescribedError
 */
export async function describeInAws(client: SecretsManagerClient, secret: string): Promise<SecretFacts | undefined> {
  const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
  const [answer, written] = await Promise.all([
    client.send(new DescribeSecretCommand({ SecretId: secret }), { abortSignal }).catch((cause: unknown) => {
      if (cause instanceof Error && cause.name === 'ResourceNotFoundException') return undefined;
      throw new SecretNotDescribedError(secret, describeAwsFault(cause), { cause });
    }),
    client.send(new ListSecretVersionIdsCommand({ SecretId: secret }), { abortSignal }).then(
      ({ Versions = [] }) => new Map(Versions.map(({ VersionId, CreatedDate }) => [VersionId, CreatedDate?.getTime()])),
      () => new Map<string | undefined, number | undefined>(),
    ),
  ]);
  // What is scheduled for deletion is described still, but read no more.
  if (answer === undefined || answer.DeletedDate !== undefined) return undefined;
  const holder = (label: string) =>
    Object.entries(answer.VersionIdsToStages ?? {}).find(([, labels]) => labels.includes(label))?.[0];
  const [current, pending] = [holder(CURRENT), holder(PENDING)];
  const unfinished = pending === undefined || pending === current ? undefined : { since: written.get(pending) };
  return {
    writtenAt: current === undefined ? 'never' : written.get(current),
    rotation: readRotation(answer, unfinished),
    failedReplicas: (answer.ReplicationStatus ?? []).flatMap(({ Region, Status }) =>
      Status === 'Failed' && Region !== undefined ? [Region] : [],
    ),
  };
}

function readRotation(
  { RotationEnabled, LastRotatedDate, NextRotationDate }: DescribeSecretResponse,
  pending: RotationFacts['pending'],
): RotationFacts {
  return {
    // Absent where a rotation was never set up.
    enabled: RotationEnabled ?? false,
    lastAt: LastRotatedDate?.getTime(),
    nextAt: NextRotationDate?.getTime(),
    pending,
  };
}
