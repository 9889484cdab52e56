import type { Batch } from './make-batches.ts';
import type { OperatorDatabase } from './operator-database.ts';
import type { RowCondition } from './quarantine-filter.ts';
import { bodyOfKept, type KeptRow } from './quarantine-kept-rows.ts';
import { REPLAY_ID, REPLAYED } from './quarantine-replay-id.ts';
import type { Destination } from './send-batch.ts';

/** A batch of which rows lie in quarantine. */
export interface QuarantinedBatch {
  readonly principal: string;
  readonly stream: string;
  readonly id: string;
  readonly digest: string;
  /** Id of the batch as which they are judged again. */
  readonly replayId: string;
  readonly replayed: boolean;
  readonly bytes: number;
}

/** The quarantined rows of one batch as a batch of their own; `lines` are their row numbers in the old one. */
export interface ReplayableBatch extends Batch, Pick<Destination, 'contentType'> {
  /** Rows whose text was cut when it was kept. */
  readonly cut: number;
  /** Rows that no table could take: they are no JSON object, or a record with other fields than its header. */
  readonly unfit: number;
}

/**
 * The batches that have a row of which the condition holds. Whole batches: a part of one, and then the rest, would be two batches
 * of one id.
 */
export async function listBatches(
  database: OperatorDatabase,
  { where, params }: RowCondition,
  { principal, stream }: Pick<QuarantinedBatch, 'principal' | 'stream'>,
): Promise<readonly QuarantinedBatch[]> {
  const owned = '_principal = {owner:String} AND stream = {of:String}';
  const rows = await database.rows<Omit<QuarantinedBatch, 'replayed'> & { readonly replayed: 0 | 1 }>(
    `SELECT _principal AS principal, stream, toString(_batch_id) AS id, _batch_digest AS digest, toString(${REPLAY_ID}) AS replayId,
       ${REPLAYED} AS replayed, toFloat64(sum(length(raw))) AS bytes
     FROM {db:Identifier}.quarantine WHERE ${owned}
       AND (_batch_id, _batch_digest) IN (SELECT _batch_id, _batch_digest FROM {db:Identifier}.quarantine WHERE ${owned} AND ${where})
     GROUP BY _principal, stream, _batch_id, _batch_digest ORDER BY min(_received_at), id, digest`,
    { ...params, owner: principal, of: stream },
  );
  return rows.map(({ replayed, ...batch }) => ({ ...batch, replayed: replayed === 1 }));
}

/** Of one query: they are named in its URL, of which Node takes 16 KB. */
const MOST_BATCHES = 150;
const MOST_BYTES = 32_000_000;

interface QuarantinedRow extends KeptRow {
  readonly id: string;
  readonly digest: string;
  readonly row: number;
  readonly bytes: number;
}

/** The batches with their rows, some at a time: an operator's account may ask a thousand times an hour. */
export async function* readBatches(
  database: OperatorDatabase,
  batches: readonly QuarantinedBatch[],
): AsyncGenerator<ReplayableBatch> {
  for (const group of inGroups(batches)) {
    const [{ principal, stream } = { principal: '', stream: '' }] = group;
    const rows = await database.rows<QuarantinedRow>(
      `SELECT toString(_batch_id) AS id, _batch_digest AS digest, _row AS row, any(raw) AS raw, toFloat64(any(raw_bytes)) AS bytes,
         toBool(has(any(codes), 'ROW_NOT_OBJECT')) AS isShapeless
       FROM {db:Identifier}.quarantine
       WHERE _principal = {principal:String} AND stream = {stream:String} AND _batch_id IN {ids:Array(UUID)}
       GROUP BY _batch_id, _batch_digest, _row ORDER BY _batch_id, _batch_digest, _row`,
      { principal, stream, ids: group.map(({ id }) => id) },
    );
    const byBatch = Map.groupBy(rows, ({ id, digest }) => `${id} ${digest}`);
    for (const batch of group) yield replayable(batch, byBatch.get(`${batch.id} ${batch.digest}`) ?? []);
  }
}

function* inGroups(batches: readonly QuarantinedBatch[]): Generator<readonly QuarantinedBatch[]> {
  let group: QuarantinedBatch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    if (group.length === MOST_BATCHES || (group.length > 0 && bytes + batch.bytes > MOST_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(batch);
    bytes += batch.bytes;
  }
  if (group.length > 0) yield group;
}

function replayable(
  { replayId }: Pick<QuarantinedBatch, 'replayId'>,
  rows: readonly QuarantinedRow[],
): ReplayableBatch {
  const whole = rows.filter(({ raw, bytes }) => Buffer.byteLength(raw) === bytes);
  const { rows: fit, body, contentType } = bodyOfKept(whole);
  return {
    id: replayId,
    body,
    contentType,
    lines: fit.map(({ row }) => row),
    cut: rows.length - whole.length,
    unfit: whole.length - fit.length,
  };
}
