import type { Ingest } from '../../functions/ingest/ingest.ts';
import { lambdaContext } from '../../local/gateway/lambda-context.ts';
import type { HandWrittenInsert } from './baseline/hand-written-insert.ts';
import type { RawPost } from './baseline/post-raw-body.ts';
import { batchEvent, type Sender } from './batch-event.ts';
import { BatchNotStoredError } from './batch-not-stored-error.ts';
import { type BenchBatch, subjectOf } from './bench-batch.ts';
import { type CompareOptions, compare, contender } from './compare.ts';
import { nullStream } from './data-sets.ts';
import { comparedFigure, type Figure } from './figure.ts';

export const INGEST_MEASURES = {
  rows: 'ingest rows/s',
  ceiling: 'ingest rows/s beside raw bytes',
  unstored: 'ingest ms into a Null table',
  cpu: 'ingest CPU ms/MB',
} as const;

export interface IngestContenders {
  readonly sender: Sender;
  /** The whole function: headers, digest, signature, policy, rows, insert. */
  readonly ingest: Ingest;
  readonly baseline: HandWrittenInsert;
  readonly ceiling: RawPost;
}

/**
 * One batch after the other through ingest, beside the hand-written insert, beside its raw bytes posted to ClickHouse, and beside ingest
 * itself where the table keeps nothing.
 *
 * @throws BatchNotStoredError
 */
export async function measureIngest(
  batch: BenchBatch,
  { sender, ingest, baseline, ceiling }: IngestContenders,
  options: CompareOptions,
): Promise<readonly Figure[]> {
  const { dataSet, body, format, rows, textBytes } = batch;
  const event = (stream: string) => batchEvent(sender, stream, body, format, rows);
  const through = (stream: string) =>
    contender(() => {
      const mine = event(stream);
      return () => ingestBatch(ingest, mine, batch);
    });
  const notStored = (error: unknown): never => {
    throw new BatchNotStoredError(batch, String(error));
  };
  const ours = through(dataSet.stream);
  const unstored = through(nullStream(dataSet.stream));
  const theirs = contender(() => {
    const mine = event(dataSet.stream);
    return () => baseline.insert(mine).catch(notStored);
  });
  const raw = contender(() => () => ceiling.post(batch));
  await compare([ours, theirs, raw, unstored], options);

  const perSecond = ({ ms }: { readonly ms: readonly number[] }) => ms.map((took) => (rows / took) * 1000);
  const perMegabyte = ({ cpuMs }: { readonly cpuMs: readonly number[] }) => cpuMs.map((ms) => ms / (textBytes / 1e6));
  const { rows: rowsMeasure, ceiling: ceilingMeasure, unstored: unstoredMeasure, cpu } = INGEST_MEASURES;
  const subject = subjectOf(batch);
  return [
    comparedFigure(`${rowsMeasure}, ${subject}`, 'rows/s', perSecond(ours), perSecond(theirs)),
    comparedFigure(`${ceilingMeasure}, ${subject}`, 'rows/s', perSecond(ours), perSecond(raw)),
    comparedFigure(`${unstoredMeasure}, ${subject}`, 'ms', unstored.ms, ours.ms),
    comparedFigure(`${cpu}, ${subject}`, 'ms/MB', perMegabyte(ours), perMegabyte(theirs)),
  ];
}

/** @throws BatchNotStoredError */
export async function ingestBatch(
  ingest: Ingest,
  event: Parameters<Ingest>[0],
  batch: Pick<BenchBatch, 'rows' | 'format'>,
): Promise<void> {
  const context = lambdaContext(event.requestContext.requestId, Date.now() + 15_000, Date.now);
  const { statusCode, body } = await ingest(event, context);
  if (statusCode !== 200) throw new BatchNotStoredError(batch, `${statusCode} ${body ?? ''}`);
}
