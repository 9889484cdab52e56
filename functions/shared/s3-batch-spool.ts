import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { describeAwsFault } from './aws-clients.ts';
import { type BatchSpool, SpoolError } from './batch-spool.ts';

/** A conditional write that met another one is undecided: S3 asks for it again (userguide/conditional-writes.html). */
const MOST_CONFLICTS = 3;

/**
 * The spool in a bucket, which encrypts by its own default (SSE-KMS) and expires what nobody fetched. The function needs
 * `s3:ListBucket` too: without it S3 answers 403 for an object that is not there, and nothing could ever be known to be gone.
 */
export function createS3BatchSpool(bucket: string, client: S3Client): BatchSpool {
  const at = (name: string) => ({ Bucket: bucket, Key: name });
  const failed = (what: string, cause: unknown) => new SpoolError(what, { seen: describeAwsFault(cause), cause });
  return {
    async create(name, bytes, abortSignal) {
      const command = new PutObjectCommand({ ...at(name), Body: bytes, IfNoneMatch: '*' });
      for (let conflicts = 1; ; conflicts++) {
        try {
          await client.send(command, { abortSignal });
          return 'created';
        } catch (cause) {
          const code = cause instanceof S3ServiceException ? cause.name : '';
          if (code === 'PreconditionFailed') return 'exists';
          if (code !== 'ConditionalRequestConflict' || conflicts === MOST_CONFLICTS) {
            throw failed('Writing an object', cause);
          }
        }
      }
    },
    async replace(name, bytes, abortSignal) {
      try {
        await client.send(new PutObjectCommand({ ...at(name), Body: bytes }), { abortSignal });
      } catch (cause) {
        throw failed('Writing over an object', cause);
      }
    },
    async read(name, abortSignal) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(name)), { abortSignal });
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (cause) {
        if (cause instanceof NoSuchKey) return undefined;
        throw failed('Reading an object', cause);
      }
    },
    async remove(name, abortSignal) {
      try {
        await client.send(new DeleteObjectCommand(at(name)), { abortSignal });
      } catch (cause) {
        throw failed('Removing an object', cause);
      }
    },
  };
}
