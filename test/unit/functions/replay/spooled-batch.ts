import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type BatchInsert, StoreError } from '../../../../functions/ingest/batch-store.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { createEarlierVerdicts } from '../../../../functions/ingest/earlier-verdicts.ts';
import { type MediaType, parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { type SpooledBatch, spoolName } from '../../../../functions/ingest/spool-object.ts';
import { type AdmittedBatch, storeOrSpool } from '../../../../functions/ingest/store-or-spool.ts';
import { contentDigest } from '../../../../functions/shared/batch-signature.ts';
import { deduplicationKey } from '../../../../functions/shared/deduplication-key.ts';
import type { VersionedKeys } from '../../../../functions/shared/versioned-keys.ts';
import { STAMP } from '../ingest/stream-contract.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { recordingStore } from './recording-store.ts';

export const RECEIVED_AT = Date.parse('2026-01-01T00:00:00.000Z');
export const SPOOL_KEYS: VersionedKeys = [{ version: 1, key: Buffer.alloc(32, 2) }];
export const GOOD = '{"name":"canary-good","status":200}';
export const ALSO_GOOD = '{"name":"canary-also-good","country":"DE"}';
export const BAD = '{"name":"canary","status":"canary-bad"}';
/** Two good rows around a bad one. */
export const ROWS: readonly string[] = [GOOD, BAD, ALSO_GOOD];

export interface Sent {
  readonly rows?: readonly string[];
  readonly mediaType?: MediaType;
  readonly gzip?: boolean;
  /** `iat` of its token. */
  readonly tokenIssuedAt?: number;
}

/** A batch as ingest has admitted it. */
export function admittedBatch({
  rows = ROWS,
  mediaType = 'application/x-ndjson',
  gzip = false,
  tokenIssuedAt,
}: Sent = {}) {
  const text = mediaType === 'application/json' ? `[${rows.join(',')}]` : rows.join('\n');
  const bytes = gzip ? gzipSync(text) : Buffer.from(text);
  const body = gzip ? gunzipSync(bytes) : bytes;
  const digest = contentDigest(createHash('sha256').update(bytes).digest());
  const stamp = { ...STAMP, _batch_digest: digest, _batch_rows: rows.length, _principal: 'web' };
  const admitted: AdmittedBatch = {
    envelope: {
      v: 1,
      key: deduplicationKey('web', 'hits', String(stamp._batch_id), digest),
      stream: 'hits',
      stamp,
      mediaType,
      contentEncoding: gzip ? 'gzip' : 'identity',
      limits: { inflatedBytes: 20_000_000, inflateRatio: 100, rowBytes: 1_000 },
      policyHash: 'p'.repeat(64),
      ...(tokenIssuedAt === undefined ? {} : { tokenIssuedAt }),
    },
    table: 'hits',
    bytes: () => bytes,
    bodyBytes: body.length,
    rows: parseRows(body, mediaType),
    patienceMs: 1_500,
    requestId: 'ingest-1',
    remaining: () => 15_000,
  };
  return admitted;
}

/** The same as the spool keeps it, not yet judged. */
export function spooledBatch(sent: Sent = {}): SpooledBatch {
  const { envelope, bytes } = admittedBatch(sent);
  return {
    envelope: { ...envelope, verdict: null, attempt: { requestId: 'ingest-1', clickhouseCode: 241 } },
    bytes: bytes(),
  };
}

/** Has ingest spool a batch: with its verdict, or unjudged as a cold container does while ClickHouse is away. */
export async function spoolOne(spool: ReturnType<typeof memoryBatchSpool>['spool'], sent: Sent = {}, judged = true) {
  const batch = admittedBatch(sent);
  await send(batch, spool, judged);
  return { name: spoolName(batch.envelope.key), key: batch.envelope.key, batch };
}

/** What ingest hands to a ClickHouse that takes everything. */
export async function insertsOfIngest(sent: Sent = {}): Promise<readonly BatchInsert[]> {
  const { store, handed } = recordingStore();
  const { spool } = memoryBatchSpool();
  await storeOrSpool(admittedBatch(sent), { ...ingestDependencies(spool), store, contracts: cacheOf(store) });
  return handed;
}

async function send(batch: AdmittedBatch, spool: ReturnType<typeof memoryBatchSpool>['spool'], judged: boolean) {
  const { store } = recordingStore({ insert: away, ...(judged ? {} : { describe: away }) });
  await storeOrSpool(batch, { ...ingestDependencies(spool), store, contracts: cacheOf(store) });
}

function ingestDependencies(spool: ReturnType<typeof memoryBatchSpool>['spool']) {
  const spoolKeys = { get: async () => SPOOL_KEYS, expire: () => undefined };
  return { spool, spoolKeys, earlier: createEarlierVerdicts({ spool, spoolKeys, clock: () => RECEIVED_AT }) };
}

function cacheOf(store: ReturnType<typeof recordingStore>['store']) {
  return createContractCache(store, () => RECEIVED_AT);
}

/** ClickHouse, out of memory. */
export function away(): never {
  throw new StoreError('INSERT', 241);
}
