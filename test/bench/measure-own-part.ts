import type { Contract } from '../../functions/ingest/contract.ts';
import { type BatchStamp, judgeRows } from '../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../functions/ingest/parse-rows.ts';
import { handWrittenOwnPart } from './baseline/hand-written-insert.ts';
import { type BenchBatch, subjectOf } from './bench-batch.ts';
import { type CompareOptions, compare, contender } from './compare.ts';
import { CONTENT_HEADERS } from './encode-rows.ts';
import { comparedFigure, type Figure } from './figure.ts';

export const OWN_PART = 'ingest own part ms';

/** Some batch's stamp: what it says does not change the work. */
const STAMP: BatchStamp = {
  _batch_id: '0193a5b0-7c1e-7f00-8000-000000000000',
  _batch_digest: 'sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:',
  _batch_rows: 1,
  _principal: 'web-edge',
  _auth: 'token',
  _trust: 'edge',
  _source: 'ew/12345/1.2.0',
  _region: 'us-east-1',
  _received_at: '2026-01-01T00:00:00.000Z',
};

/**
 * What ingest computes itself for a batch's rows, in milliseconds: parse, judge and encode, without the insert. The baseline parses and
 * encodes, as `client.insert` does, and judges nothing.
 */
export async function measureOwnPart(
  batch: BenchBatch,
  contract: Contract,
  rowBytes: number,
  options: CompareOptions,
): Promise<Figure> {
  const { body, format, rows } = batch;
  const { contentType } = CONTENT_HEADERS[format];
  const baselineEvent = { body: body.toString('utf8'), headers: {}, isBase64Encoded: false };
  const ours = contender(() => () => {
    const { accepted } = judgeRows(contract, parseRows(body, contentType), STAMP, rowBytes, body.length);
    if (accepted !== rows) throw new RangeError(`${accepted} of ${rows} generated rows fit the table; all must`);
  });
  const baseline = contender(() => () => handWrittenOwnPart(baselineEvent));
  await compare([ours, baseline], options);
  return comparedFigure(`${OWN_PART}, ${subjectOf(batch)}`, 'ms', ours.ms, baseline.ms);
}
