import type { Contract } from './contract.ts';
import type { BatchStamp, RowsVerdict } from './judge-rows.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { compileRowEncoder, isRow } from './row-encoder.ts';
import type { Verdict } from './verdict.ts';

/**
 * Writes the rows of a batch as its verdict has them, whatever the table has become since: judging anew could put a row that is
 * already in the table into quarantine as well, or the other way.
 *
 * @returns undefined where an accepted row no longer fits the table
 */
export function applyVerdict(
  verdict: Verdict,
  contract: Contract,
  rows: ParsedRows,
  stamp: BatchStamp,
  bodyBytes: number,
): RowsVerdict | undefined {
  const out = new RowBinaryWriter(bodyBytes + rows.values.length * 128);
  const encode = compileRowEncoder(contract, stamp, { accepted: verdict.contract !== contract.hash });
  const refused = new Map(verdict.refused.map((frozen) => [frozen.row, frozen]));
  for (const [row, value] of rows.values.entries()) {
    if (refused.has(row)) continue;
    if (!isRow(value) || !encode(value, row, out)) return undefined;
  }
  return {
    bytes: out.written(),
    accepted: rows.values.length - refused.size,
    refused: verdict.refused.map((frozen) => ({ ...frozen, raw: rows.rawOf(frozen.row) })),
  };
}
