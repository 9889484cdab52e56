import { createHash } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { describeAwsFault } from '../shared/aws-clients.ts';
import { type SecretStore, SecretUnavailableError } from '../shared/secret-store.ts';

/** A secret's text, and a name for exactly this text that `write` takes. */
export interface VersionedSecret {
  readonly text: string;
  readonly version: string;
}

/** A store in which a secret can be replaced, if it is still the one that was read. */
export interface VersionedSecretStore {
  /** @throws SecretUnavailableError */
  readVersion(name: string): Promise<VersionedSecret>;
  /**
   * Replaces the secret, all at once or not at all.
   *
   * @param expected the version that was read
   * @throws SecretChangedError, SecretUnwritableError
   */
  write(name: string, text: string, expected: string): Promise<void>;
}

/** Somebody else wrote since it was read: nothing was changed. */
export class SecretChangedError extends Error {
  override readonly name = 'SecretChangedError';
  readonly code = 'SECRET_CHANGED';
  readonly retryable = true;
  constructor(secret: string, options?: ErrorOptions) {
    super(
      `Secret ${secret} was changed by somebody else meanwhile. Nothing was written: look at it and try again.`,
      options,
    );
  }
}

/** The store did not take a secret; the reason is in `cause`, the value nowhere. */
export class SecretUnwritableError extends Error {
  override readonly name = 'SecretUnwritableError';
  readonly code = 'SECRET_UNWRITABLE';
  readonly retryable = true;
  constructor(secret: string, seen: string, options?: ErrorOptions) {
    super(`Secret ${secret} could not be written: ${seen}. Check that it exists and that you may write it.`, options);
  }
}

/** All attempts together. */
const TIMEOUT_MS = 10_000;
/** A version with a label is not taken away before it has become the current one. */
const WRITTEN = 'EDGEHOUSE_WRITTEN';

/**
 * Secrets Manager, whose writes know no condition: so the new version is put beside the current one, and `AWSCURRENT` then moves
 * from the version that was read or not at all (API reference, UpdateSecretVersionStage, `RemoveFromVersionId`).
 */
export function createSecretsManagerVersions(client: SecretsManagerClient): VersionedSecretStore {
  const abortSignal = () => AbortSignal.timeout(TIMEOUT_MS);
  return {
    async readVersion(name) {
      const answer = await client
        .send(new GetSecretValueCommand({ SecretId: name }), { abortSignal: abortSignal() })
        .catch((cause: unknown) => {
          throw new SecretUnavailableError(name, { seen: describeAwsFault(cause), cause });
        });
      const { SecretString: text, VersionId: version } = answer;
      if (text === undefined || version === undefined) {
        throw new SecretUnavailableError(name, { seen: 'an answer without text or version' });
      }
      return { text, version };
    },
    async write(name, text, expected) {
      const put = new PutSecretValueCommand({ SecretId: name, SecretString: text, VersionStages: [WRITTEN] });
      const { VersionId } = await client.send(put, { abortSignal: abortSignal() }).catch((cause: unknown) => {
        throw new SecretUnwritableError(name, describeAwsFault(cause), { cause });
      });
      const move = new UpdateSecretVersionStageCommand({
        SecretId: name,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: expected,
        MoveToVersionId: VersionId,
      });
      await client.send(move, { abortSignal: abortSignal() }).catch((cause: unknown) => {
        if (cause instanceof Error && cause.name === 'InvalidParameterException') {
          throw new SecretChangedError(name, { cause });
        }
        throw new SecretUnwritableError(name, describeAwsFault(cause), { cause });
      });
    },
  };
}

/** A store of one writer, such as a folder of files: the version is the digest of the text. */
export function versionsOf(
  store: SecretStore & { readonly write: (name: string, text: string) => Promise<void> },
): VersionedSecretStore {
  const readVersion = async (name: string): Promise<VersionedSecret> => {
    const text = await store.read(name);
    return { text, version: createHash('sha256').update(text).digest('hex') };
  };
  return {
    readVersion,
    async write(name, text, expected) {
      if ((await readVersion(name)).version !== expected) throw new SecretChangedError(name);
      await store.write(name, text);
    },
  };
}
