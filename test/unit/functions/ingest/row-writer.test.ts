import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeRows } from '../../../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { headerBytes } from '../../../../functions/ingest/row-writer.ts';
import { CONTRACT, ROWS_CONTRACT, STAMP } from './stream-contract.ts';

function judge(rows: readonly string[], contract = CONTRACT) {
  const body = Buffer.from(`[${rows.join(',')}]`);
  return judgeRows(contract, parseRows(body, 'application/json'), STAMP, 1_000, body.length);
}

const WITH = '{"name":"a","country":"c"}';
const WITHOUT = '{"name":"a"}';
const BAD = '{"name":1,"country":"c"}';

const CONTRACTS = [
  ['column by column', CONTRACT, 'Native'],
  ['row by row', ROWS_CONTRACT, 'RowBinaryWithNamesAndTypes'],
] as const;

describe.each(CONTRACTS)('the format of a batch that goes out %s', (_way, contract, usual) => {
  test.each([
    ['all rows bring the DEFAULT column', [WITH, WITH], usual, true],
    ['no row brings it', [WITHOUT, WITHOUT], usual, false],
    ['null asks for the DEFAULT', [WITHOUT, '{"name":"a","country":null}'], usual, false],
    ['some bring it', [WITH, WITHOUT], 'RowBinaryWithDefaults', true],
    ['some bring it, the other way', [WITHOUT, WITH], 'RowBinaryWithDefaults', true],
    ['only a refused row brings it, first', [BAD, WITHOUT], usual, false],
    ['only a refused row brings it, later', [WITHOUT, BAD], usual, false],
    ['rows that are no objects say nothing', ['1', WITHOUT, 'null'], usual, false],
    ['a column that can be NULL needs no DEFAULT', [WITH, '{"name":"a","country":"c","status":1}'], usual, true],
  ])('%s', (_what, rows, format, hasCountry) => {
    const verdict = judge(rows, contract);

    expect(verdict.format).toBe(format);
    expect(verdict.columns.includes('country')).toBe(hasCountry);
    expect(verdict.columns).toHaveLength(contract.columns.length - (hasCountry ? 0 : 1));
  });

  test('a first row that is too large takes nothing with it', () => {
    const large = `{"name":"${'a'.repeat(1_000)}","country":"c"}`;
    const verdict = judge([large, WITHOUT, BAD, WITHOUT], contract);

    expect(verdict.refused.map(({ row, faults }) => [row, faults[0]?.code])).toEqual([
      [0, 'ROW_TOO_LARGE'],
      [2, 'FIELD_TYPE'],
    ]);
    expect(verdict.bytes.equals(judge(['1', WITHOUT, '1', WITHOUT], contract).bytes)).toBe(true);
  });

  test('refused rows change neither the format nor a byte of the others', () => {
    const large = `{"name":"${'a'.repeat(1_000)}"}`;
    const bad = fc.constantFrom(BAD, '1', large, '{"name":"a","x":1}', '{"country":"c"}', '{"name":"a","country":1}');
    const good = fc.constantFrom(WITH, WITHOUT, '{"name":"b","status":null}');
    fc.assert(
      fc.property(fc.array(fc.oneof(good, bad), { minLength: 1 }), (rows) => {
        const all = judge(rows, contract);
        const refused = new Set(all.refused.map(({ row }) => row));
        const kept = rows.map((row, at) => (refused.has(at) ? '1' : row));
        expect(judge(kept, contract).bytes.equals(all.bytes)).toBe(true);
        expect(judge(kept, contract).format).toBe(all.format);
      }),
      { numRuns: 300 },
    );
  });
});

test('rows with types begin with the names and types of their columns', () => {
  expect(
    judge([WITH], ROWS_CONTRACT)
      .bytes.subarray(0, headerBytes(ROWS_CONTRACT).length)
      .equals(headerBytes(ROWS_CONTRACT)),
  ).toBe(true);
  expect(headerBytes(ROWS_CONTRACT).toString('latin1')).toContain('\x04name\x06status\x07country\x09_batch_id');
  expect(headerBytes(ROWS_CONTRACT).toString('latin1')).toContain(
    '\x06String\x0fNullable(UInt8)\x16LowCardinality(String)\x04UUID',
  );
});
