import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { contentDigest } from '../shared/batch-signature.ts';
import { SPOOL_PREFIX } from '../shared/batch-spool.ts';
import { ObjectTamperedError, sealObject, unsealObject } from '../shared/sealed-object.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import type { BatchStamp } from './judge-rows.ts';
import type { MediaType } from './parse-rows.ts';
import type { Verdict } from './verdict.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** What is known of a spooled batch besides its body. No Authorization, signature or address is in it (design §3.6). */
export interface SpoolEnvelope {
  readonly v: 1;
  /** The deduplication key, which is also the object's name. */
  readonly key: string;
  readonly stream: string;
  /** Who sent what, as ingest proved it. */
  readonly stamp: BatchStamp;
  readonly mediaType: MediaType;
  /** As sent; the body in the object is gzip in either case. */
  readonly contentEncoding: 'gzip' | 'identity';
  /** Limits that were in force for this batch. */
  readonly limits: { readonly inflatedBytes: number; readonly inflateRatio: number; readonly rowBytes: number };
  readonly policyHash: string;
  /** `iat` of the identity that it came with, in seconds since the epoch. */
  readonly tokenIssuedAt?: number;
  /** null where no contract was known: replay judges, once. */
  readonly verdict: Verdict | null;
  /** The attempt that failed: where to look in logs and in ClickHouse's query log. */
  readonly attempt: { readonly requestId: string; readonly clickhouseCode?: number };
}

export interface SpooledBatch {
  readonly envelope: SpoolEnvelope;
  /** The body's bytes as sent. */
  readonly bytes: Buffer;
}

export function spoolName(key: string): string {
  return `${SPOOL_PREFIX}${key}`;
}

/** A batch as one object: the seal, a line of JSON, the body as gzip. */
export async function sealBatch(keys: VersionedKeys, { envelope, bytes }: SpooledBatch): Promise<Buffer> {
  const body = envelope.contentEncoding === 'gzip' ? bytes : await gzipAsync(bytes);
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(envelope)}\n`), body]);
  return sealObject(keys, spoolName(envelope.key), content);
}

/** Reads a spooled batch and proves it: its seal, which fits its name only, and its digest. @throws ObjectTamperedError */
export async function openBatch(keys: VersionedKeys, name: string, object: Buffer): Promise<SpooledBatch> {
  const content = unsealObject(keys, name, object);
  const end = content.indexOf(0x0a);
  // Sealed, so it is what we wrote.
  const envelope = JSON.parse(content.toString('utf8', 0, end)) as SpoolEnvelope;
  const body = content.subarray(end + 1);
  const bytes = envelope.contentEncoding === 'gzip' ? body : await gunzipAsync(body);
  if (contentDigest(createHash('sha256').update(bytes).digest()) !== envelope.stamp._batch_digest) {
    throw new ObjectTamperedError(name, 'its body does not have the digest of its batch');
  }
  return { envelope, bytes };
}
