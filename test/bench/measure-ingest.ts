import type { Ingest } from '../../functions/ingest/ingest.ts';
import { lambdaContext } from '../../local/gateway/lambda-context.ts';
import type { HandWrittenInsert } from './baseline/hand-written-insert.ts';
import { batchEvent, type Sender } from './batch-event.ts';
import { type CompareOptions, compare } from './compare.ts';
import { type Figure, figure } from './figure.ts';
import type { BodyFormat } from './generate-web-events.ts';

/** A batch that was not stored: a figure that counts it would be worthless. */
export class BatchNotStoredError extends Error {
  override readonly name = 'BatchNotStoredError';
  readonly code = 'BATCH_NOT_STORED';

  constructor(batch: BenchBatch, seen: string) {
    super(
      `A batch of ${batch.rows} rows as ${batch.format} was not stored: expected 200, saw ${seen}. Is the machine busy?`,
    );
  }
}

export interface BenchBatch {
  readonly format: BodyFormat;
  readonly rows: number;
  readonly body: Buffer;
}

export interface IngestContenders {
  readonly stream: string;
  readonly sender: Sender;
  /** The whole function: headers, digest, signature, policy, rows, insert. */
  readonly ingest: Ingest;
  readonly baseline: HandWrittenInsert;
}

/**
 * Rows a second through ingest and through the hand-written insert, each with events of its own.
 *
 * @throws BatchNotStoredError
 */
export async function measureIngest(
  batch: BenchBatch,
  { stream, sender, ingest, baseline }: IngestContenders,
  options: CompareOptions,
): Promise<Figure> {
  const event = () => batchEvent(sender, stream, batch.body, batch.format, batch.rows);
  const { ours, baseline: theirs } = await compare(
    () => {
      const mine = event();
      const context = lambdaContext(mine.requestContext.requestId, Date.now() + 15_000, Date.now);
      return async () => {
        const { statusCode, body } = await ingest(mine, context);
        if (statusCode !== 200) throw new BatchNotStoredError(batch, `${statusCode} ${body ?? ''}`);
      };
    },
    () => {
      const mine = event();
      return () => baseline.insert(mine);
    },
    options,
  );
  const perSecond = (ms: number) => (batch.rows / ms) * 1000;
  return figure(`ingest rows/s, ${batch.format}, batch of ${batch.rows}`, 'rows/s', perSecond(ours), perSecond(theirs));
}
