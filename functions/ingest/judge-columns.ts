import type { Contract } from './contract.ts';
import type { BatchStamp, RowsVerdict } from './judge-rows.ts';
import {
  addCandidates,
  type Block,
  blockBytes,
  type Candidate,
  markBlock,
  openBlock,
  undoBlock,
  widestRow,
} from './native-block.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { absentColumns } from './row-encoder.ts';
import type { RowReader } from './row-reader.ts';
import { createDefaultsWriter } from './row-writer.ts';

/** So many rows are written at a time, one column after the other: few enough for the processor's cache, and cheap to do again. */
const CHUNK_ROWS = 256;

export interface ColumnsJudge {
  readonly contract: Contract;
  readonly stamp: BatchStamp;
  readonly reader: RowReader;
  /** How many rows there are. */
  readonly rows: number;
  /** Whether a row is within the limit, given a bound of the bytes that its values take. */
  readonly isSmall: (row: number, valueBytes: number) => boolean;
}

/** The good rows of a batch as a block of the Native format, and the numbers of the others, in order. */
export interface ColumnsVerdict extends Pick<RowsVerdict, 'bytes' | 'format' | 'columns'> {
  readonly refused: readonly number[];
}

/**
 * Judges rows column by column and writes the good ones as one block of https://clickhouse.com/docs/interfaces/formats/Native, which the
 * server reads several times faster than rows (docs/performance.md). A chunk that has bad rows is undone and written again
 * without them.
 *
 * @returns undefined where the format cannot hold the table, or not these rows, because they leave out different columns
 * @throws ContractUnusableError where a stamped column's type cannot hold what is stamped
 */
export function judgeColumns(judge: ColumnsJudge): ColumnsVerdict | undefined {
  const { contract, reader, rows, stamp } = judge;
  if (contract.columns.some(({ type, kind }) => type.native === undefined || kind === 'rest')) return undefined;
  const isGood = rowJudge(judge);
  // Which columns the block has must not depend on a row that is refused.
  let first = 0;
  while (first < rows && !isGood(first)) first++;
  if (first === rows) return noneGood(rows);
  const block = openBlock(contract, absentColumns(contract, reader.read(first), {}), rows);
  const refused: number[] = [];
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const bad = writeChunk(block, judge, from, Math.min(from + CHUNK_ROWS, rows), isGood);
    if (bad === undefined) return undefined;
    refused.push(...bad);
  }
  return {
    bytes: blockBytes(block, contract, stamp, rows - refused.length),
    format: 'Native',
    columns: block.columns.map(({ column }) => column.name),
    refused: refused.sort((a, b) => a - b),
  };
}

/** Not judged again in another format: nothing goes out. */
function noneGood(rows: number): ColumnsVerdict {
  return {
    bytes: Buffer.alloc(0),
    format: 'Native',
    columns: [],
    refused: Array.from({ length: rows }, (_, row) => row),
  };
}

/** Judges one row by itself, in the format that takes any. */
function rowJudge({ contract, stamp, reader, isSmall }: ColumnsJudge): (row: number) => boolean {
  const writer = createDefaultsWriter(contract, stamp, reader, {});
  const scratch = new RowBinaryWriter(256);
  return (row) => {
    scratch.truncate(0);
    return writer.write(row, scratch) === 'written' && isSmall(row, scratch.length);
  };
}

/** @returns the rows that are refused; undefined where one does not go into this block and may be good all the same */
function writeChunk(
  block: Block,
  { reader, isSmall }: ColumnsJudge,
  from: number,
  to: number,
  isGood: (row: number) => boolean,
): readonly number[] | undefined {
  const refused: number[] = [];
  let chunk = Array.from({ length: to - from }, (_, at) => candidate(from + at, reader.read(from + at)));
  markBlock(block);
  for (let hasReadAgain = false; ; hasReadAgain = true) {
    addCandidates(block, chunk);
    const valueBytes = widestRow(block);
    for (const each of chunk) if (!isSmall(each.row, valueBytes)) each.outcome = 'refused';
    for (const each of chunk) {
      if (each.outcome !== 'mixed') continue;
      // What it brings for a column that the block lacks has not been looked at.
      if (isGood(each.row)) return undefined;
      each.outcome = 'refused';
    }
    if (chunk.every(({ outcome }) => outcome === 'written')) return refused;
    undoBlock(block);
    chunk = chunk.flatMap(({ row, value, outcome }) => {
      if (outcome === 'written') return [candidate(row, value)];
      const again = hasReadAgain ? undefined : reader.readAgain?.(row);
      if (again !== undefined && again !== value) return [candidate(row, again)];
      refused.push(row);
      return [];
    });
  }
}

function candidate(row: number, value: unknown): Candidate {
  return { row, value, used: 0, outcome: 'written' };
}
