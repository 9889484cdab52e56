import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyVerdict } from '../../functions/ingest/apply-verdict.ts';
import { parseRows } from '../../functions/ingest/parse-rows.ts';
import { STAMP } from '../unit/functions/ingest/stream-contract.ts';
import { createTypedTable } from './support/typed-table.ts';
import { startTypesDatabase, type TypesDatabase } from './support/types-database.ts';

let database: TypesDatabase;
let client: ClickHouseClient;

beforeAll(async () => {
  database = await startTypesDatabase();
  client = database.client;
});
afterAll(() => database.stop());

function codesOf({ refused }: { refused: readonly { faults: readonly { code: string; column: string }[] }[] }) {
  return refused.map(({ faults }) => faults.map(({ code, column }) => `${code} ${column}`).join(', '));
}

describe('columns that the table fills', () => {
  const COLUMNS = `id UInt8, hex String EPHEMERAL, raw String DEFAULT unhex(hex), doubled UInt16 MATERIALIZED id * 2,
    alias UInt16 ALIAS id + 1, note Nullable(String) DEFAULT 'none'`;

  test('DEFAULT fills what is absent, EPHEMERAL is read and not stored, MATERIALIZED is computed', async () => {
    const table = await createTypedTable(client, COLUMNS);

    const verdict = await table.store('[{"id":1,"hex":"616263"},{"id":2,"raw":"x","note":null},{"id":3,"note":"n"}]');

    expect(codesOf(verdict)).toEqual([]);
    expect(await table.rows('SELECT id, raw, doubled, alias, note FROM {table} ORDER BY id')).toMatchObject([
      { id: 1, raw: 'abc', doubled: 2, alias: 2, note: 'none' },
      { id: 2, raw: 'x', doubled: 4, alias: 3, note: null },
      { id: 3, raw: '', doubled: 6, alias: 4, note: 'n' },
    ]);
  });

  test('a row that brings a MATERIALIZED or ALIAS column is refused, as ClickHouse refuses it', async () => {
    const table = await createTypedTable(client, COLUMNS);

    const verdict = await table.store('[{"id":1,"doubled":2},{"id":1,"alias":2}]');

    expect(codesOf(verdict)).toEqual(['FIELD_UNKNOWN doubled', 'FIELD_UNKNOWN alias']);
    for (const column of ['doubled', 'alias']) {
      await expect(table.insertRaw('JSONEachRow', Buffer.from('{}'), [column])).rejects.toThrow(column);
    }
  });
});

describe('Nested columns', () => {
  test('take arrays of one length, and ClickHouse never sees others', async () => {
    const table = await createTypedTable(client, 'id UInt8, orders Nested(sku String, price Decimal(9, 2))');

    const verdict = await table.store(
      '[{"id":1,"orders.sku":["a","b"],"orders.price":[1.5,2]},{"id":2,"orders.sku":["a"],"orders.price":[]}]',
    );

    expect(codesOf(verdict)).toEqual(['FIELD_TYPE orders.sku']);
    expect(await table.rows('SELECT `orders.sku` AS skus FROM {table}')).toMatchObject([{ skus: ['a', 'b'] }]);
    const uneven = Buffer.from('{"orders.sku":["a"],"orders.price":[]}');
    await expect(table.insertRaw('JSONEachRow', uneven, ['orders.sku', 'orders.price'])).rejects.toThrow('sizes');
  });
});

describe('a stream that keeps unknown fields', () => {
  test('stores them in its JSON column, digits and all, and refuses what only the server sets', async () => {
    const table = await createTypedTable(client, 'id UInt8, more JSON, note Nullable(String)', 'more');

    const verdict = await table.store(`[{"id":1,"big":9007199254740993,"deep":{"a":[1,{"b":"c"}]},"note":"n"},{"id":2},
      {"id":3,"_mine":1},{"id":4,"more":{"a":1}},{"id":5,"a":{"b":1},"a.b":2}]`);

    expect(codesOf(verdict)).toEqual(['FIELD_RESERVED _mine', 'FIELD_RESERVED more', 'FIELD_TYPE more']);
    const stored = await table.rows('SELECT id, toString(more) AS more, note FROM {table} ORDER BY id');
    expect(stored).toMatchObject([
      { id: 1, more: '{"big":9007199254740993,"deep":{"a":[1,{"b":"c"}]}}', note: 'n' },
      { id: 2, more: '{}', note: null },
    ]);
  });

  test('keeps unknown fields of CSV as texts', async () => {
    const table = await createTypedTable(client, 'id UInt8, more JSON', 'more');

    const verdict = await table.store('extra,id,empty\n"1,5",7,\n', 'text/csv');

    expect(codesOf(verdict)).toEqual([]);
    expect(await table.rows('SELECT id, toString(more) AS more FROM {table}')).toMatchObject([
      { id: 7, more: '{"extra":"1,5"}' },
    ]);
  });
});

describe('JSON with declared paths', () => {
  test('stores each by its type, and refuses what does not fit it', async () => {
    const table = await createTypedTable(
      client,
      "v JSON(price Decimal(18, 4), user.id UUID, at DateTime64(3, 'UTC'), SKIP secret)",
    );

    const verdict =
      await table.store(`[{"v":{"price":12.5,"user":{"id":"00112233-4455-6677-8899-aabbccddeeff","name":"a"},
      "at":"2026-01-02T03:04:05.678+01:00","secret":1,"day":"2026-01-02"}},{"v":{"price":"x"}},{"v":{"user":{"id":1}}},
      {"v":{"price":0.10000000000000000555}}]`);

    expect(codesOf(verdict)).toEqual(['FIELD_TYPE v', 'FIELD_TYPE v', 'FIELD_RANGE v']);
    expect(
      await table.rows(
        'SELECT toString(v.price) AS price, toString(v.user.id) AS id, toString(v.at) AS at, v.secret IS NULL AS skipped, dynamicType(v.day) AS day FROM {table}',
      ),
    ).toMatchObject([
      {
        price: '12.5',
        id: '00112233-4455-6677-8899-aabbccddeeff',
        at: '2026-01-02 02:04:05.678',
        skipped: 1,
        day: 'String',
      },
    ]);
  });

  test.each(["kind Enum8('a' = 1, 'b' = 2)", "inner JSON(kind Enum8('a' = 1, 'b' = 2))"])(
    'reads the first name of an Enum that was not sent: %s',
    async (declared) => {
      const table = await createTypedTable(client, `v JSON(${declared})`);
      const path = declared.startsWith('inner') ? 'v.inner.kind' : 'v.kind';

      expect(codesOf(await table.store('[{"v":{}},{"v":{"other":1}}]'))).toEqual([]);

      expect(await table.rows(`SELECT DISTINCT toString(${path}) AS kind FROM {table}`)).toMatchObject([{ kind: 'a' }]);
    },
  );

  test('cannot be judged where what was not sent would be no value that can be read', async () => {
    const declared = "v JSON(pair Tuple(Enum8('a' = 1), String))";
    await expect(createTypedTable(client, declared)).rejects.toThrow('column v is JSON(pair Tuple(');
  });
});

describe('a batch that was accepted before its table got a column', () => {
  test.each([
    ['RowBinaryWithNamesAndTypes', '[{"id":1}]'],
    ['RowBinaryWithDefaults', '[{"id":1},{"id":1,"level":"low"}]'],
  ])('an Enum without DEFAULT takes its first name, never a number that has none (%s)', async (format, text) => {
    const table = await createTypedTable(client, "id UInt8, level Enum8('low' = 3, 'high' = 5)");
    const body = Buffer.from(text);
    const verdict = { contract: 'an earlier one', refused: [] };

    const rows = applyVerdict(verdict, table.contract, parseRows(body, 'application/json'), STAMP, body.length);
    expect(rows).toMatchObject({ format });
    await table.insertRaw(format, rows?.bytes ?? Buffer.alloc(0), rows?.columns ?? []);

    expect(await table.rows('SELECT DISTINCT level FROM {table}')).toMatchObject([{ level: 'low' }]);
  });

  test('a Tuple with an Enum takes what ClickHouse gives, and nothing where other rows of the batch bring it', async () => {
    const table = await createTypedTable(client, "id UInt8, pair Tuple(Enum8('low' = 3), UInt8)");
    const verdict = { contract: 'an earlier one', refused: [] };
    const [absent, mixed] = ['[{"id":1}]', '[{"id":1},{"id":1,"pair":["low",1]}]'].map((text) =>
      applyVerdict(verdict, table.contract, parseRows(Buffer.from(text), 'application/json'), STAMP, text.length),
    );

    await table.insertRaw(absent?.format ?? '', absent?.bytes ?? Buffer.alloc(0), absent?.columns ?? []);

    expect(await table.rows('SELECT toString(pair) AS pair FROM {table}')).toMatchObject([{ pair: "('low',0)" }]);
    expect(mixed).toBeUndefined();
  });
});

describe('LowCardinality, whose values go out once each', () => {
  test('holds long texts, which go out as often as they come', async () => {
    const table = await createTypedTable(client, 'v LowCardinality(Nullable(String)), w LowCardinality(String)');
    const texts = [1_024, 1_025, 20_000].map((units) => 'é'.repeat(units));
    const rows = [...texts, 'a', ...texts, ...texts].map((text) => JSON.stringify({ v: text, w: text }));

    const verdict = await table.store(
      `[${rows.slice(0, 5).join(',')},{"v":"${texts[2]}"},${rows.slice(5).join(',')},{"w":"b"}]`,
    );

    expect(codesOf(verdict)).toEqual(['FIELD_MISSING w']);
    expect(verdict.format).toBe('Native');
    const counted =
      'SELECT length(w) AS bytes, toUInt8(count()) AS rows, countIf(v = w) AS same FROM {table} GROUP BY w ORDER BY bytes, w';
    expect(await table.rows(counted)).toMatchObject([
      { bytes: 1, rows: 1, same: 1 },
      { bytes: 1, rows: 1, same: 0 },
      { bytes: 2_048, rows: 3, same: 3 },
      { bytes: 2_050, rows: 3, same: 3 },
      { bytes: 40_000, rows: 3, same: 3 },
    ]);
  });

  // One byte an index, then two, then four.
  test.each([200, 60_000, 70_000])('holds %i different ones, NULL, and the empty text', async (values) => {
    const table = await createTypedTable(
      client,
      'v LowCardinality(Nullable(String)), w LowCardinality(FixedString(5))',
    );
    const rows = Array.from({ length: values }, (_, at) => `{"v":"${at}é","w":"${at}"}`);

    const verdict = await table.store(
      `[${rows.join(',')},{"v":null,"w":""},{"w":"a"},{"v":"","w":"b"},{"v":1,"w":"c"}]`,
    );

    expect(codesOf(verdict)).toEqual(['FIELD_TYPE v']);
    expect(verdict.format).toBe('Native');
    const counts = `countIf(v = concat(toString(_row), 'é') AND w = toFixedString(toString(_row), 5)) AS right, countIf(v IS NULL) AS nulls,
      countIf(v = '' AND w = 'b') AS empty, count() AS rows FROM {table}`;
    expect(await table.rows(`SELECT ${counts}`)).toMatchObject([
      { right: values, nulls: 2, empty: 1, rows: values + 3 },
    ]);
  });
});
