import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyVerdict } from '../../../../functions/ingest/apply-verdict.ts';
import type { ColumnDescription } from '../../../../functions/ingest/batch-store.ts';
import { type Contract, compileContract } from '../../../../functions/ingest/contract.ts';
import { judgeRows } from '../../../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { freezeVerdict, type Verdict } from '../../../../functions/ingest/verdict.ts';
import { ROWS_CONTRACT as CONTRACT, STAMP, ROWS_TABLE as TABLE } from './stream-contract.ts';

const ROW_BYTES = 200;

function judge(rows: readonly string[], contract: Contract = CONTRACT) {
  const body = Buffer.from(rows.join('\n'));
  return judgeRows(contract, parseRows(body, 'application/x-ndjson'), STAMP, ROW_BYTES, body.length);
}

/** The verdict as it comes out of the spool. */
function frozen(rows: readonly string[], contract: Contract = CONTRACT): Verdict {
  return JSON.parse(JSON.stringify(freezeVerdict(contract.hash, judge(rows, contract).refused)));
}

function apply(verdict: Verdict, rows: readonly string[], contract: Contract = CONTRACT) {
  const body = Buffer.from(rows.join('\n'));
  return applyVerdict(verdict, contract, parseRows(body, 'application/x-ndjson'), STAMP, body.length);
}

/** The table after a migration: one column of it changed, gone, or new before it. */
function migrated(change: (column: ColumnDescription) => readonly ColumnDescription[]): Contract {
  return compileContract('hits', TABLE.flatMap(change));
}

function retyped(name: string, type: string): Contract {
  return migrated((column) => [column.name === name ? { ...column, type } : column]);
}

function grown(type: string, defaultKind: string): Contract {
  return migrated((column) => (column.name === 'country' ? [{ name: 'x', type, defaultKind }, column] : [column]));
}

const good = fc.record(
  {
    name: fc.string({ unit: 'grapheme', maxLength: 20 }),
    status: fc.option(fc.nat(255)),
    country: fc.option(fc.string({ maxLength: 4 })),
  },
  { requiredKeys: ['name'] },
);
const mixed = fc.oneof(
  good,
  fc.jsonValue(),
  fc.record({ name: fc.string(), status: fc.jsonValue(), x: fc.jsonValue() }),
);
const lines = (rows: fc.Arbitrary<unknown>) =>
  fc.array(
    rows.map((row) => JSON.stringify(row)),
    { minLength: 1, maxLength: 20 },
  );

describe('a frozen verdict', () => {
  test('over the table as it was writes what ingest would have sent, byte for byte', () => {
    fc.assert(
      fc.property(lines(mixed), (rows) => {
        const judged = judge(rows);

        const applied = apply(frozen(rows), rows);

        expect(applied?.bytes.equals(judged.bytes)).toBe(true);
        expect(applied?.accepted).toBe(judged.accepted);
        expect(applied?.refused).toEqual(judged.refused);
      }),
      { numRuns: 500 },
    );
  });

  test('of a body that is a JSON array gives quarantine the same text', () => {
    const body = Buffer.from('[ {"name":"a"} ,\n {"x" : 1}, [2] ]');
    const rows = parseRows(body, 'application/json');
    const judged = judgeRows(CONTRACT, rows, STAMP, ROW_BYTES, body.length);

    const applied = applyVerdict(freezeVerdict(CONTRACT.hash, judged.refused), CONTRACT, rows, STAMP, body.length);

    expect(applied?.refused).toEqual(judged.refused);
    expect(applied?.refused.map(({ row, raw }) => [row, raw])).toEqual([
      [1, '{"x" : 1}'],
      [2, '[2]'],
    ]);
  });

  test('leaves out the field of a column that was dropped, and writes the rest as ever', () => {
    const dropped = migrated((column) => (column.name === 'status' ? [] : [column]));
    fc.assert(
      fc.property(fc.array(good, { minLength: 1 }), (values) => {
        const rows = values.map((row) => JSON.stringify(row));
        const without = values.map(({ status: _dropped, ...row }) => JSON.stringify(row));

        const applied = apply(frozen(rows), rows, dropped);

        expect(applied?.bytes.equals(judge(without, dropped).bytes)).toBe(true);
        expect(applied).toMatchObject({ accepted: rows.length, refused: [] });
      }),
    );
  });

  test.each([
    ['with a DEFAULT', grown('String', 'DEFAULT'), grown('String', 'DEFAULT')],
    ['without one: the default of its type', grown('String', ''), grown('String', 'DEFAULT')],
    ['without one, Nullable: NULL', grown('Nullable(String)', ''), grown('Nullable(String)', '')],
  ])('a column that came since takes its default, %s', (_what, after, asIf) => {
    fc.assert(
      fc.property(lines(good), (rows) => {
        const applied = apply(frozen(rows), rows, after);

        expect(applied?.bytes.equals(judge(rows, asIf).bytes)).toBe(true);
        expect(applied).toMatchObject({ accepted: rows.length, refused: [] });
      }),
    );
  });

  test('a wider type is written in the new width', () => {
    const rows = ['{"name":"a","status":200}', '{"name":"b"}'];
    const wider = retyped('status', 'Nullable(UInt32)');

    const applied = apply(frozen(rows), rows, wider);

    expect(applied?.bytes.equals(judge(rows, wider).bytes)).toBe(true);
  });

  test.each([
    ['the value is of another kind', retyped('name', 'UInt8'), '{"name":"a"}'],
    ['the value is out of the new range', retyped('status', 'Nullable(Int8)'), '{"name":"a","status":200}'],
    // ClickHouse itself refuses to make such a column of a table that holds a NULL.
    ['it has a null where there can be none now', retyped('status', 'UInt8'), '{"name":"a","status":null}'],
  ])('a row that no longer fits stops the batch: %s', (_what, after, row) => {
    const rows = ['{"name":"7"}', row];
    expect(apply(frozen([row]), [row], after)).toBeUndefined();
    expect(apply(frozen(rows), rows, after)).toBeUndefined();
  });

  test('a refused row that would not fit the changed table stops nothing', () => {
    const rows = ['{"name":"a","status":7}', '{"name":"b","status":"canary"}'];

    const applied = apply(frozen(rows), rows, retyped('status', 'Nullable(Int8)'));

    expect(applied).toMatchObject({ accepted: 1, refused: [{ row: 1, line: 2 }] });
  });

  test('what was refused stays refused, though the table would take it now', () => {
    const rows = ['{"name":"a","x":"came later"}', '{"name":"b"}'];
    const after = grown('String', 'DEFAULT');

    const applied = apply(frozen(rows), rows, after);

    expect(judge(rows, after).refused).toEqual([]);
    expect(applied).toMatchObject({ accepted: 1, refused: [{ row: 0, faults: [{ code: 'FIELD_UNKNOWN' }] }] });
  });

  test('a verdict of the table as it is takes no row that was never judged good', () => {
    for (const row of ['{"name":"a","x":1}', '{}', '[]', '7', 'null']) {
      expect(apply({ contract: CONTRACT.hash, refused: [] }, [row])).toBeUndefined();
    }
    expect(apply({ contract: 'an earlier one', refused: [] }, ['[]'])).toBeUndefined();
  });

  test('of a batch of which nothing was taken writes nothing', () => {
    const rows = ['7', '{}'];
    expect(apply(frozen(rows), rows, grown('String', ''))).toMatchObject({ accepted: 0, bytes: Buffer.alloc(0) });
  });
});
