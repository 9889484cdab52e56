import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseExactly } from '../../functions/ingest/exact-number.ts';
import { plainJson, storedJson } from './support/stored-json.ts';
import { createTypedTable } from './support/typed-table.ts';
import { JSON_VALUES, TYPED_VALUES } from './support/typed-values.ts';
import { startTypesDatabase, type TypesDatabase } from './support/types-database.ts';

let database: TypesDatabase;
let client: ClickHouseClient;

beforeAll(async () => {
  database = await startTypesDatabase();
  client = database.client;
});
afterAll(() => database.stop());

/** Without fast-check's liking for short ones: a run costs five statements, whatever its length. */
function many(json: fc.Arbitrary<string>) {
  return fc.noBias(fc.array(json, { maxLength: 300, size: 'max' }));
}

/** A text that the engine cannot read itself (`1.0` for an integer) is left out of the comparison. */
const AS_SENT: ClickHouseSettings = {
  date_time_input_format: 'best_effort',
  input_format_null_as_default: 0,
  input_format_allow_errors_ratio: 1,
  input_format_parallel_parsing: 0,
};

describe('what ingest accepts, ClickHouse stores as sent', () => {
  const WAYS = ['store', 'replay'] as const;
  test.each(TYPED_VALUES.flatMap((typed) => WAYS.map((way) => ({ ...typed, way }))))(
    '$type ($way)',
    async ({ type, json, way }) => {
      const ours = await createTypedTable(client, `v ${type}`);
      const engines = await createTypedTable(client, `v ${type}`);
      let accepted = 0;
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(many(json), async (values) => {
          await ours.run('TRUNCATE TABLE {table}');
          await engines.run('TRUNCATE TABLE {table}');
          const rows = values.map((value) => `{"v":${value}}`);
          const verdict = await ours[way](`[${rows.join(',')}]`);
          const refused = new Set(verdict.refused.map(({ row }) => row));
          accepted += verdict.accepted;

          // The same texts, read by the engine itself.
          const lines = values.flatMap((value, row) => (refused.has(row) ? [] : [`{"_row":${row},"v":${value}}`]));
          if (lines.length > 0) {
            await engines.insertRaw('JSONEachRow', Buffer.from(lines.join('\n')), ['_row', 'v'], AS_SENT);
          }
          compared += Number((await engines.rows('SELECT count() AS rows FROM {table}'))[0]?.['rows']);
          // JavaScript puts names that look like array indices first.
          const [stored, expected] = ['a.v', 'b.v'].map(
            (v) => `toString(${type.startsWith('Map(') ? `mapSort(${v})` : v})`,
          );
          const differences = await ours.rows(
            `SELECT a._row AS row, ${stored} AS stored, ${expected} AS expected FROM {table} AS a
           JOIN ${engines.name} AS b ON a._row = b._row WHERE stored IS DISTINCT FROM expected`,
          );
          expect(await ours.rows('SELECT count() AS rows FROM {table}')).toMatchObject([{ rows: verdict.accepted }]);
          expect(differences.map(({ row, ...found }) => ({ sent: values[Number(row)], ...found }))).toEqual([]);
        }),
        { numRuns: 5 },
      );
      expect(accepted).toBeGreaterThan(20);
      expect(compared).toBeGreaterThan(accepted / 3);
    },
  );

  test('JSON, but for nulls and empty objects, which its type does not keep', async () => {
    const table = await createTypedTable(client, 'v JSON(max_dynamic_paths=8), w JSON');
    await fc.assert(
      fc.asyncProperty(many(JSON_VALUES), async (values) => {
        await table.run('TRUNCATE TABLE {table}');
        const { refused } = await table.store(`[${values.map((value) => `{"v":${value},"w":${value}}`).join(',')}]`);
        const bad = new Set(refused.map(({ row }) => row));
        const stored = await table.rows('SELECT v, w FROM {table} ORDER BY _row');
        const expected = values.filter((_value, row) => !bad.has(row)).map((value) => plainJson(parseExactly(value)));
        expect(stored.map(({ line }) => storedJson(String(line), 'v'))).toEqual(expected);
        expect(stored.map(({ line }) => storedJson(String(line), 'w'))).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});
