import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type BatchSpool, SpoolError } from './batch-spool.ts';

/** The spool in a bucket, which encrypts by its own default (SSE-KMS) and expires what nobody fetched. */
export function createS3BatchSpool(bucket: string, client = new S3Client({ maxAttempts: 3 })): BatchSpool {
  const at = (name: string) => ({ Bucket: bucket, Key: name });
  return {
    async create(name, bytes, abortSignal) {
      try {
        await client.send(new PutObjectCommand({ ...at(name), Body: bytes, IfNoneMatch: '*' }), { abortSignal });
        return 'created';
      } catch (cause) {
        if (cause instanceof S3ServiceException && cause.name === 'PreconditionFailed') return 'exists';
        throw new SpoolError('Writing an object', { cause });
      }
    },
    async replace(name, bytes, abortSignal) {
      try {
        await client.send(new PutObjectCommand({ ...at(name), Body: bytes }), { abortSignal });
      } catch (cause) {
        throw new SpoolError('Writing over an object', { cause });
      }
    },
    async read(name, abortSignal) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(name)), { abortSignal });
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (cause) {
        if (cause instanceof NoSuchKey) return undefined;
        throw new SpoolError('Reading an object', { cause });
      }
    },
    async remove(name, abortSignal) {
      try {
        await client.send(new DeleteObjectCommand(at(name)), { abortSignal });
      } catch (cause) {
        throw new SpoolError('Removing an object', { cause });
      }
    },
  };
}
