import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StoreError } from '../../functions/ingest/batch-store.ts';
import { judgeRows } from '../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../functions/ingest/parse-rows.ts';
import { storeBatch } from '../../functions/ingest/store-batch.ts';
import { STAMP } from '../unit/functions/ingest/stream-contract.ts';
import { createTypedTable } from './support/typed-table.ts';
import { startTypesDatabase, type TypesDatabase } from './support/types-database.ts';

let database: TypesDatabase;
let batches = 0;

beforeAll(async () => {
  database = await startTypesDatabase();
});
afterAll(() => database.stop());

/** Judges a body by the contract of a table and stores it after the table was changed. Returns the error, if there was one. */
async function storeAfter(columns: string, body: string, change: string) {
  const table = await createTypedTable(database.client, columns);
  const { contract } = table;
  const bytes = Buffer.from(body);
  const verdict = judgeRows(contract, parseRows(bytes, 'application/json'), STAMP, 10_000, bytes.length);
  expect(verdict.refused).toEqual([]);
  if (change !== '') await table.run(`ALTER TABLE {table} ${change}`);
  const key = String(++batches);
  const batch = { stream: 's', contract, stamp: STAMP, verdict, judgedBy: '', key, rowBytes: 10_000, requestId: key };
  const error = await storeBatch(batch, database.store, AbortSignal.timeout(10_000)).catch((thrown: unknown) => thrown);
  const columnsAfter = (await database.store.describe(table.name, AbortSignal.timeout(10_000))).map(({ name }) => name);
  const stored = await table.rows(
    `SELECT ${columnsAfter.filter((name) => !name.startsWith('_')).join(', ')} FROM {table}`,
  );
  return { format: verdict.format, error, stored: stored.map(({ line: _line, ...row }) => row) };
}

const SAME = '[{"id":1,"v":VALUE},{"id":2,"v":VALUE}]';
const MIXED = '[{"id":1,"v":VALUE},{"id":2,"v":VALUE,"tag":"a"}]';

describe('a table whose types changed after ingest had read them', () => {
  test.each([
    ['Native', 'Int32', '-1', 'UInt32'],
    ['Native', 'UInt8', '200', 'Int8'],
    ['Native', 'UInt16', '300', 'UInt8'],
    ['Native', 'Int32', '1', 'Float32'],
    ['Native', 'UInt32', '1', 'DateTime'],
    ['Native', 'UInt16', '1', 'Date'],
    ['Native', "DateTime64(3, 'UTC')", '"2026-01-02T03:04:05.678Z"', "DateTime64(6, 'UTC')"],
    ['Native', 'Decimal(9, 2)', '1.25', 'Decimal(9, 4)'],
    ['Native', 'UInt8', '1', 'Nullable(UInt8)'],
    ['Native', 'Nullable(UInt8)', 'null', 'UInt8 DEFAULT 7'],
    ['Native', 'FixedString(3)', '"abc"', 'String'],
    ['Native', 'String', '"a"', 'LowCardinality(Nullable(String))'],
    ['RowBinaryWithNamesAndTypes', "Enum8('a' = 1, 'b' = 2)", '"a"', "Enum8('a' = 1, 'b' = 2, 'c' = 3)"],
    ['RowBinaryWithNamesAndTypes', 'Array(UInt8)', '[1]', 'Array(UInt16)'],
  ])('in %s, %s %s is not stored as %s, whatever its bytes would mean there', async (usual, type, value, changed) => {
    for (const [format, body] of [
      [usual, SAME],
      ['RowBinaryWithDefaults', MIXED],
    ] as const) {
      const columns = `id UInt8, v ${type}, tag String DEFAULT toString(id)`;
      const outcome = await storeAfter(columns, body.replaceAll('VALUE', value), `MODIFY COLUMN v ${changed}`);

      expect(outcome).toMatchObject({ format, stored: [], error: { fault: 'schema', clickhouseCode: 117 } });
      expect(outcome.error).toBeInstanceOf(StoreError);
    }
  });

  test.each([
    ['String', 'LowCardinality(String)'],
    ['LowCardinality(String)', 'String'],
  ])('%s goes into %s as it is', async (type, changed) => {
    const outcome = await storeAfter(
      `id UInt8, v ${type}`,
      SAME.replaceAll('VALUE', '"a"'),
      `MODIFY COLUMN v ${changed}`,
    );

    expect(outcome).toMatchObject({
      format: 'Native',
      stored: [
        { id: 1, v: 'a' },
        { id: 2, v: 'a' },
      ],
    });
  });

  test('a dropped column is told, and a new one is no hindrance', async () => {
    const columns = 'id UInt8, v Int32';
    const body = SAME.replaceAll('VALUE', '1');

    const dropped = await storeAfter(columns, body, 'DROP COLUMN v');
    const added = await storeAfter(columns, body, 'ADD COLUMN more Nullable(String) FIRST');

    expect(dropped).toMatchObject({ stored: [], error: { fault: 'schema' } });
    expect(added).toMatchObject({
      error: [expect.stringMatching(/:rows$/)],
      stored: [
        { id: 1, v: 1, more: null },
        { id: 2, v: 1, more: null },
      ],
    });
  });

  test('rows that leave out different columns take their DEFAULTs', async () => {
    const columns = "id UInt8, v Int32, tag String DEFAULT concat('t', toString(id))";

    const outcome = await storeAfter(columns, MIXED.replaceAll('VALUE', '7'), '');

    expect(outcome).toMatchObject({
      format: 'RowBinaryWithDefaults',
      stored: [
        { id: 1, v: 7, tag: 't1' },
        { id: 2, v: 7, tag: 'a' },
      ],
    });
  });
});
