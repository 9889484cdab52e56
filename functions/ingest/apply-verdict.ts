import type { Contract } from './contract.ts';
import type { BatchStamp, RowsVerdict } from './judge-rows.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { createRowReader } from './row-reader.ts';
import { createDefaultsWriter, createTypedWriter, type RowWriter } from './row-writer.ts';
import type { Verdict } from './verdict.ts';

/** Row numbers of a batch: from the one up to, not including, the other. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Writes the rows of a batch as its verdict has them, whatever the table has become since: judging anew could put a row that is
 * already in the table into quarantine as well, or the other way.
 *
 * @param range only rows from the one up to, not including, the other; `refused` is of the whole batch all the same
 * @returns undefined where an accepted row no longer fits the table
 */
export function applyVerdict(
  verdict: Verdict,
  contract: Contract,
  rows: ParsedRows,
  stamp: BatchStamp,
  bodyBytes: number,
  { from, to }: RowRange = { from: 0, to: rows.values.length },
): RowsVerdict | undefined {
  const options = { accepted: verdict.contract !== contract.hash };
  const reader = createRowReader(contract, rows);
  const refused = new Map(verdict.refused.map((frozen) => [frozen.row, frozen]));
  return writeAll(createTypedWriter(contract, stamp, reader, options));

  function writeAll(writer: RowWriter): RowsVerdict | undefined {
    const out = new RowBinaryWriter(bodyBytes + rows.values.length * 128);
    let accepted = 0;
    for (let row = from; row < to; row++) {
      if (refused.has(row)) continue;
      const outcome = writer.write(row, out);
      // Once only: the other writer has no such outcome.
      if (outcome === 'mixed') return writeAll(createDefaultsWriter(contract, stamp, reader, options));
      if (outcome === 'refused') return undefined;
      accepted++;
    }
    return {
      bytes: out.written(),
      format: writer.format,
      columns: writer.columns,
      accepted,
      refused: verdict.refused.map((frozen) => ({ ...frozen, raw: rows.keptOf(frozen.row) })),
    };
  }
}
