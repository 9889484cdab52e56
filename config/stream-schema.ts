import { z } from 'zod';
import { identifier, strictObject, wholeNumber } from './schema-parts.ts';
import { STREAM_LIMITS } from './stream-limits.ts';

function atMost(maximum: number) {
  return wholeNumber(1, maximum).default(maximum);
}

/** A stream: an address that takes batches, and the table that its rows go to. */
export const streamSchema = strictObject({
  /** Its table, in the config's database; no two streams share one. @default the stream's name */
  table: identifier.optional(),
  /**
   * What happens to a row with a field that the table has no column for: it is refused, or the field is kept in the named column,
   * whose type has to be JSON. @default 'refuse'
   */
  unknownFields: z
    .union(
      [z.literal('refuse'), strictObject({ keepIn: identifier })],
      "'refuse', or { keepIn: the name of a JSON column }",
    )
    .default('refuse'),
  /** Bounds of one batch. They can be lowered, not raised. */
  limits: strictObject({
    /** Bytes as sent. @default 4_500_000 */
    bytes: atMost(STREAM_LIMITS.bytes),
    /** Bytes after gzip is undone. @default 20_000_000 */
    inflatedBytes: atMost(STREAM_LIMITS.inflatedBytes),
    /** Bytes after gzip is undone, divided by bytes as sent. @default 100 */
    inflateRatio: atMost(STREAM_LIMITS.inflateRatio),
    /** @default 10_000 */
    rows: atMost(STREAM_LIMITS.rows),
    /** Bytes of one row as sent. @default 65_536 */
    rowBytes: atMost(STREAM_LIMITS.rowBytes),
  }).prefault({}),
  /** Inserts (batches) a second at the busiest hour, over all regions: sizes the deduplication windows. @default 20 */
  peakInsertsPerSecond: z.number().positive().max(10_000).default(20),
});
