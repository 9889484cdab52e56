import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Config } from '../config/schema.ts';
import { SPOOL_KEY_SECRET } from '../config/secret-names.ts';
import { awsClientOptions } from '../functions/shared/aws-clients.ts';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { createSecretsManagerStore } from '../functions/shared/secrets-manager-store.ts';
import { createVaultStore } from '../functions/shared/vault-store.ts';
import { parseVersionedKeys } from '../functions/shared/versioned-keys.ts';
import type { CommandIo } from './command-io.ts';
import { VaultTokenMissingError } from './rotate-signing-store.ts';
import { findSpool } from './spool-find.ts';
import { verdictOf } from './spool-folder.ts';
import type { ListedObject, SpoolPlace } from './spool-place.ts';

/** No object, or no longer this version of it. */
const GONE: ReadonlySet<string> = new Set(['NoSuchKey', 'NoSuchVersion']);

/**
 * The spool of a deployed region. docs/operate.md names the rights that it takes.
 *
 * @throws SpoolNotFoundError
 */
export async function openSpoolBucket(
  region: string,
  vaultToken: string | undefined,
  { secrets }: Pick<Config, 'secrets'>,
  { fetch, now }: Pick<CommandIo, 'fetch' | 'now'>,
): Promise<SpoolPlace> {
  const s3 = new S3Client(awsClientOptions(region));
  const sqs = new SQSClient(awsClientOptions(region));
  const { bucket, queueUrl } = await findSpool(region, s3, sqs);
  const removeOne = (name: string, version: string | undefined) =>
    s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: name, VersionId: version }));

  async function* listVersions(prefix: string = SPOOL_PREFIX): AsyncGenerator<ListedObject> {
    let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    while (after !== undefined) {
      const page: Awaited<ReturnType<typeof askVersions>> = await askVersions(prefix, after);
      for (const { Key = '', VersionId, Size = 0, LastModified } of page.Versions ?? []) {
        yield { name: Key, version: VersionId, bytes: Size, putAt: LastModified?.getTime() ?? 0 };
      }
      const { NextKeyMarker, NextVersionIdMarker, IsTruncated } = page;
      after = IsTruncated === true ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker } : undefined;
    }
  }
  function askVersions(prefix: string, after: object) {
    return s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...after }));
  }

  return {
    region,
    async *list() {
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: SPOOL_PREFIX })) {
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
          yield { name: Key, version: undefined, bytes: Size, putAt: LastModified?.getTime() ?? 0 };
        }
      }
    },
    listVersions: () => listVersions(),
    async read({ name, version }) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: name, VersionId: version }));
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof S3ServiceException && GONE.has(error.name)) return undefined;
        throw error;
      }
    },
    async remove({ name, version }) {
      await removeOne(name, version);
      if (version === undefined) await removeOne(verdictOf(name), undefined);
      else for await (const verdict of listVersions(verdictOf(name))) await removeOne(verdict.name, verdict.version);
    },
    async keys() {
      if (secrets === 'aws') {
        const store = createSecretsManagerStore(new SecretsManagerClient(awsClientOptions(region)));
        return parseVersionedKeys(await store.read(SPOOL_KEY_SECRET));
      }
      if (vaultToken === undefined) throw new VaultTokenMissingError();
      const store = createVaultStore({ vault: secrets.vault, identity: { token: vaultToken }, fetch, clock: now });
      return parseVersionedKeys(await store.read(SPOOL_KEY_SECRET));
    },
    async announce(name) {
      const at = new Date(now()).toISOString();
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: announcement(name, bucket, at) }));
    },
    async waiting() {
      const names = [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ] as const;
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
      );
      return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
    },
  };
}

/** As S3 tells of an object that was put; a name of the spool has nothing in it that would have to be encoded. */
function announcement(name: string, bucket: string, at: string): string {
  const s3 = { s3SchemaVersion: '1.0', bucket: { name: bucket }, object: { key: name } };
  return JSON.stringify({ Records: [{ eventSource: 'edgehouse:operator', eventTime: at, s3 }] });
}
