import { expect } from '@jest/globals';
import { compileColumnType } from '../../../../functions/ingest/column-type.ts';
import { RowBinaryWriter } from '../../../../functions/ingest/row-binary-writer.ts';

/** What becomes of each value in a column of the type: `stored`, or the fault. */
export function outcomes(type: string, values: readonly unknown[]): readonly string[] {
  const column = compile(type);
  return values.map((value) => column.encode(value, new RowBinaryWriter(0)) ?? 'stored');
}

/** The bytes of a value that fits. */
export function encoded(type: string, value: unknown): Buffer {
  const out = new RowBinaryWriter(0);
  expect(compile(type).encode(value, out)).toBeUndefined();
  return out.written();
}

/** @throws where the type is not judged */
export function compile(type: string) {
  const column = compileColumnType(type);
  if (column === undefined) throw new Error(`${type} is not judged; expected a known type.`);
  return column;
}
