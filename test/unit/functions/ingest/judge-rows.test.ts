import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileContract } from '../../../../functions/ingest/contract.ts';
import { judgeRows } from '../../../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { CONTRACT, STAMP, TABLE } from './stream-contract.ts';

const ROW_BYTES = 1_000;

function judge(rows: readonly string[], contract = CONTRACT) {
  const body = Buffer.from(`[${rows.join(',')}]`);
  return judgeRows(contract, parseRows(body, 'application/json'), STAMP, ROW_BYTES, body.length);
}

function faultsOf(row: string): readonly string[] {
  return judge([row]).refused.flatMap(({ faults }) => faults.map(({ code, column }) => `${code} ${column}`.trim()));
}

describe('judging rows', () => {
  test.each([
    ['1', ['ROW_NOT_OBJECT']],
    ['null', ['ROW_NOT_OBJECT']],
    ['[{"name":"a"}]', ['ROW_NOT_OBJECT']],
    ['{"name":"a","x":1}', ['FIELD_UNKNOWN x']],
    ['{"Name":"a"}', ['FIELD_UNKNOWN Name', 'FIELD_MISSING name']],
    ['{}', ['FIELD_MISSING name']],
    ['{"name":null}', ['FIELD_TYPE name']],
    ['{"name":"a","status":"1"}', ['FIELD_TYPE status']],
    ['{"name":"\\ud800"}', ['FIELD_TYPE name']],
    ['{"name":"a","status":256}', ['FIELD_RANGE status']],
    ['{"name":"a","_row":7}', ['FIELD_RESERVED _row']],
    ['{"name":"a","_ROW":7}', ['FIELD_RESERVED _ROW']],
    ['{"name":"a","\\u005frow":7}', ['FIELD_RESERVED _row']],
    ['{"name":"a","_mine":7}', ['FIELD_RESERVED _mine']],
    ['{"name":"a","__proto__":{"status":1}}', ['FIELD_RESERVED __proto__']],
    ['{"name":"a","constructor":1}', ['FIELD_UNKNOWN constructor']],
    ['{"name":"a","toString":1}', ['FIELD_UNKNOWN toString']],
    ['{"__proto__":{"name":"a"}}', ['FIELD_RESERVED __proto__', 'FIELD_MISSING name']],
    [`{"name":"${'a'.repeat(ROW_BYTES)}"}`, ['ROW_TOO_LARGE']],
    [`{"name":"a"${' '.repeat(ROW_BYTES)}}`, ['ROW_TOO_LARGE']],
    [`{"name":"${'b'.repeat(ROW_BYTES)}","name":"a"}`, ['ROW_TOO_LARGE']],
    ['{"x":1,"status":-1}', ['FIELD_UNKNOWN x', 'FIELD_MISSING name', 'FIELD_RANGE status']],
  ])('%.60s is refused for every fault it has', (row, faults) => {
    expect(faultsOf(row)).toEqual(faults);
  });

  test.each(['{"name":""}', '{"name":"a","status":null,"country":null}', '{"name":"b","name":"a"}'])(
    '%s is taken',
    (row) => {
      expect(judge([row])).toMatchObject({ accepted: 1, refused: [] });
    },
  );

  test('a row of exactly the limit is taken, and one byte more is not', () => {
    const row = (bytes: number) => `{"name":"${'é'.repeat((bytes - 12) / 2)}a"}`;
    expect(Buffer.byteLength(row(ROW_BYTES))).toBe(ROW_BYTES);
    expect(judge([row(ROW_BYTES)]).accepted).toBe(1);
    expect(faultsOf(`${row(ROW_BYTES).slice(0, -1)} }`)).toEqual(['ROW_TOO_LARGE']);
  });

  test('50,000 levels of nesting are one bad field', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = Buffer.from(`[{"name":${deep}},{"x":${deep}},${deep}]`);
    const verdict = judgeRows(CONTRACT, parseRows(body, 'application/json'), STAMP, body.length, body.length);
    expect(verdict.refused.map(({ faults }) => faults[0]?.code)).toEqual([
      'FIELD_TYPE',
      'FIELD_UNKNOWN',
      'ROW_NOT_OBJECT',
    ]);
  });

  test('every row is accepted or refused, and a refused one leaves no byte', () => {
    const contract = { ...CONTRACT, columns: CONTRACT.columns.filter(({ name }) => name !== '_row') };
    const good = fc.record(
      {
        name: fc.string({ unit: 'grapheme', maxLength: 20 }),
        status: fc.option(fc.nat(255)),
        country: fc.string({ maxLength: 4 }),
      },
      { requiredKeys: ['name'] },
    );
    const any = fc.oneof(
      good,
      fc.jsonValue(),
      fc.record({ name: fc.string(), status: fc.jsonValue(), country: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.array(any, { minLength: 1 }), (values) => {
        const rows = values.map((value) => JSON.stringify(value));
        const all = judge(rows, contract);
        const bad = new Set(all.refused.map(({ row }) => row));
        const onlyGood = judge(
          rows.filter((_, row) => !bad.has(row)),
          contract,
        );
        expect(all.accepted + all.refused.length).toBe(rows.length);
        expect(onlyGood.refused).toEqual([]);
        expect(all.bytes.equals(onlyGood.bytes)).toBe(true);
        for (const { row, raw } of all.refused) expect(raw).toBe(rows[row]);
      }),
      { numRuns: 500 },
    );
  });

  test('a stamped column that cannot hold its stamp stops the batch, by its name', () => {
    const unfit = TABLE.map((column) => (column.name === '_region' ? { ...column, type: 'UInt8' } : column));
    expect(() => judge(['{"name":"a"}'], compileContract('hits', unfit))).toThrow('type of _region cannot hold');
  });

  test('no message repeats a value', () => {
    const { refused } = judge(['{"name":{"canary":1},"status":"canary"}', '"canary"']);
    expect(JSON.stringify(refused.map(({ faults }) => faults))).not.toContain('canary');
  });
});
