import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTypedTable } from './support/typed-table.ts';
import { startTypesDatabase, type TypesDatabase } from './support/types-database.ts';

let database: TypesDatabase;
let client: ClickHouseClient;

beforeAll(async () => {
  database = await startTypesDatabase();
  client = database.client;
});
afterAll(() => database.stop());

const COLUMNS = [
  ['small', 'UInt8'],
  ['wide', 'Nullable(Int256)'],
  ['money', 'Decimal(38, 10)'],
  ['ratio', 'Nullable(Float64)'],
  ['flag', 'Nullable(Bool)'],
  ['title', 'String'],
  ['label', 'LowCardinality(Nullable(String))'],
  ['plan', "String DEFAULT 'free'"],
  ['score', 'Nullable(UInt16) DEFAULT 7'],
  ['level', "Enum8('low' = 1, 'high' = 2) DEFAULT 'low'"],
  ['at', "Nullable(DateTime64(3, 'UTC'))"],
  ['day', 'Nullable(Date)'],
  ['address', 'Nullable(IPv6)'],
  ['tags', 'Array(String)'],
  ['counts', 'Map(String, UInt32)'],
  ['place', 'Tuple(Float64, Nullable(String))'],
] as const;

const word = fc.string({ unit: fc.constantFrom(...'ab,"\n\r\\N\'é;x1'), maxLength: 6 });
const listed = word.map((text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);

/** What a field of each column says, before quoting: good ones, and some that no column takes. */
const FIELDS: Readonly<Record<string, readonly [good: fc.Arbitrary<string>, bad: readonly string[]]>> = {
  small: [fc.constantFrom('0', '7', '255', '007'), ['256', '-1', '1.5', 'x']],
  wide: [fc.bigInt({ min: -(1n << 255n), max: (1n << 255n) - 1n }).map(String), ['1e3', 'x']],
  money: [fc.constantFrom('0', '12.5', '-0.0000000001', '1234567890123456789012345678.0123456789'), ['0.00000000001']],
  ratio: [
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constantFrom('1e5', '-.5')),
    ['inf'],
  ],
  flag: [fc.constantFrom('true', 'false', '1', '0', 'TRUE'), ['yes', '2']],
  title: [word, []],
  label: [word, []],
  plan: [word, []],
  score: [fc.constantFrom('1', '65535'), ['65536']],
  level: [fc.constantFrom('low', 'high'), ['none', 'LOW']],
  at: [fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02 03:04:05.123', '2026-01-02T03:04:05.5+02:00'), ['soon']],
  day: [fc.constantFrom('2026-01-02', '1970-01-01'), ['2026-02-30']],
  address: [fc.oneof(fc.ipV6(), fc.ipV4()), ['1.2.3']],
  tags: [fc.array(listed, { maxLength: 3 }).map((items) => `[${items.join(',')}]`), ['a', '[', '["a"]']],
  counts: [
    fc
      .uniqueArray(fc.tuple(listed, fc.nat(9)), { maxLength: 3, selector: ([key]) => key })
      .map((pairs) => `{${pairs.map(([key, count]) => `${key}:${count}`).join(',')}}`),
    ['{}}', "{'a':-1}"],
  ],
  place: [
    fc
      .tuple(fc.constantFrom('1', '0.25', '-3e2'), fc.oneof(listed, fc.constant('NULL')))
      .map((pair) => `(${pair.join(',')})`),
    ['(1)', "('1','a')"],
  ],
};

function field(name: string): fc.Arbitrary<string> {
  const [good, bad] = FIELDS[name] ?? [fc.constant(''), []];
  // The engine does not read a Bool in quotes.
  const written = fc.tuple(good, fc.boolean()).map(([value, always]) => quote(value, always && name !== 'flag'));
  const odd = fc.constantFrom('', '""', '\\N', '"\\N"', ...bad.map((text) => quote(text, true)));
  return fc.oneof({ weight: 40, arbitrary: written }, odd);
}

function quote(text: string, always: boolean): string {
  return always || /[",\r\n']/.test(text) || /^\\|^$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const BODY = fc
  .tuple(
    fc.shuffledSubarray(
      COLUMNS.map(([name]) => name),
      { minLength: COLUMNS.length - 2 },
    ),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .chain(([names, end, bom]) =>
    fc.noBias(fc.array(fc.tuple(...names.map(field)), { maxLength: 100, size: 'max' })).map((records) => {
      const lines = [['_row', ...names], ...records.map((fields, row) => [String(row), ...fields])];
      return { names, bom, end, lines };
    }),
  );

/** What a column holds here and there, where that differs. The order of a Map's keys is not kept where they look like numbers. */
function differenceOf([name, type]: readonly [string, string]): string {
  const [ours, engines] = ['a', 'b'].map((table) =>
    type.startsWith('Map(') ? `toString(mapSort(${table}.${name}))` : `toString(${table}.${name})`,
  );
  return `if(${ours} IS DISTINCT FROM ${engines}, '${name}: ' || toString(tuple(${ours}, ${engines})) || ' ', '')`;
}

const AS_SENT: ClickHouseSettings = {
  date_time_input_format: 'best_effort',
  // A Tuple in one field, as any other value.
  input_format_csv_deserialize_separate_columns_into_tuple: 0,
};

describe('CSV', () => {
  test('what ingest accepts, ClickHouse reads the same from CSVWithNames', async () => {
    const columns = COLUMNS.map((column) => column.join(' ')).join(', ');
    const ours = await createTypedTable(client, columns);
    const engines = await createTypedTable(client, columns);
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(BODY, async ({ names, lines, end, bom }) => {
        await ours.run('TRUNCATE TABLE {table}');
        await engines.run('TRUNCATE TABLE {table}');
        const mark = bom ? '\uFEFF' : '';
        const without = lines.map(([, ...fields]) => fields.join(','));
        const verdict = await ours.store(mark + without.join(end), 'text/csv');
        const refused = new Set(verdict.refused.map(({ row }) => row));
        const accepts = lines.filter((_line, at) => at === 0 || !refused.has(at - 1));
        await engines.insertRaw(
          'CSVWithNames',
          Buffer.from(accepts.map((line) => line.join(',')).join(end)),
          ['_row', ...COLUMNS.map(([name]) => name)],
          AS_SENT,
        );
        const differences = await ours.rows(
          `SELECT a._row AS row, concat(${COLUMNS.map(differenceOf).join(', ')}) AS found
           FROM {table} AS a JOIN ${engines.name} AS b ON a._row = b._row WHERE found != ''`,
        );
        expect(differences.map(({ row, found }) => ({ sent: lines[Number(row) + 1], names, found }))).toEqual([]);
        const joined = `SELECT count() AS rows FROM {table} AS a JOIN ${engines.name} AS b ON a._row = b._row`;
        expect(await ours.rows(joined)).toMatchObject([{ rows: verdict.accepted }]);
        accepted += verdict.accepted;
      }),
      { numRuns: 20 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
