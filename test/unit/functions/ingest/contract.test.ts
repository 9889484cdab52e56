import { describe, expect, test } from '@jest/globals';
import { compileContract, STAMPED_COLUMNS } from '../../../../functions/ingest/contract.ts';
import { TABLE } from './stream-contract.ts';

function column(name: string, type: string, defaultKind = '') {
  return { name, type, defaultKind };
}

describe('the contract of a table', () => {
  test('holds every insertable column in table order', () => {
    const derived = [column('day', 'Date', 'MATERIALIZED'), column('twice', 'Map(String, String)', 'ALIAS')];
    const { columns } = compileContract('hits', [...derived, ...TABLE]);
    expect(columns.map(({ name }) => name)).toEqual(TABLE.map(({ name }) => name));
  });

  test.each([
    [column('_mine', 'String'), '_mine'],
    [column('_hidden', 'String', 'MATERIALIZED'), '_hidden'],
    [column('tags', 'Map(String, Dynamic)'), 'tags'],
    [column('raw', 'AggregateFunction(sum, UInt8)', 'EPHEMERAL'), 'raw'],
  ])('a table with %j is refused by the name of the column', (extra, name) => {
    expect(() => compileContract('hits', [...TABLE, extra])).toThrow(
      expect.objectContaining({ code: 'CONTRACT_UNUSABLE', message: expect.stringContaining(`column ${name} `) }),
    );
  });

  test.each(STAMPED_COLUMNS)('a table without %s, or that computes it, is refused by its name', (name) => {
    const without = TABLE.filter((candidate) => candidate.name !== name);
    for (const table of [without, [...without, column(name, 'String', 'MATERIALIZED')]]) {
      expect(() => compileContract('hits', table)).toThrow(`stamped column ${name} is missing`);
    }
  });

  test.each(['_auth', '_trust', '_source', '_region', '_received_at'])(
    'a table that is partitioned by %s, in which two attempts at a batch can differ, is refused',
    (name) => {
      const table = TABLE.map((entry) => ({ ...entry, isInPartitionKey: entry.name === name }));
      expect(() => compileContract('hits', table)).toThrow(`column ${name} is in its partition key`);
    },
  );

  test.each(['DEFAULT', 'MATERIALIZED'])(
    'so is one that is partitioned by a %s column, which may ask the clock',
    (kind) => {
      const day = { ...column('day', 'Date', kind), isInPartitionKey: true };
      expect(() => compileContract('hits', [...TABLE, day])).toThrow('column day is in its partition key');
    },
  );

  test('a table that is partitioned by what the batch fills is taken', () => {
    const [first, ...others] = TABLE.map((entry) => ({ ...entry, isInPartitionKey: entry.name === '_principal' }));
    if (first === undefined) throw new Error('the table has a column');
    const { hash } = compileContract('hits', [{ ...first, isInPartitionKey: true }, ...others]);
    expect(hash).toBe(compileContract('hits', TABLE).hash);
  });

  test('an EPHEMERAL column can be sent and has a default', () => {
    const { columns } = compileContract('hits', [...TABLE, column('raw', 'String', 'EPHEMERAL')]);
    expect(columns.at(-1)).toMatchObject({ kind: 'field', name: 'raw', hasDefault: true });
  });

  test('the column that keeps unknown fields has to be there, and to be JSON', () => {
    const columns = compileContract('hits', [...TABLE, column('more', 'JSON(max_dynamic_paths=8)')], 'more').columns;
    expect(columns.at(-1)).toMatchObject({ kind: 'rest', name: 'more' });
    expect(() => compileContract('hits', TABLE, 'more')).toThrow(
      'column more, which is to keep unknown fields, is missing',
    );
    for (const type of ['String', 'Map(String, String)', 'Nullable(JSON)']) {
      expect(() => compileContract('hits', [...TABLE, column('more', type)], 'more')).toThrow(
        `must be JSON and not ${type}`,
      );
    }
    expect(() => compileContract('hits', [...TABLE, column('more', 'JSON', 'MATERIALIZED')], 'more')).toThrow(
      'is missing',
    );
  });

  test('a stream that begins to keep unknown fields has another hash', () => {
    const table = [...TABLE, column('more', 'JSON')];
    expect(compileContract('hits', table, 'more').hash).not.toBe(compileContract('hits', table).hash);
  });

  test('a table without columns does not exist', () => {
    expect(() => compileContract('hits', [])).toThrow('does not exist');
  });

  test('its hash changes with name, type, default and order, and with nothing else', () => {
    const hash = (table: typeof TABLE) => compileContract('hits', table).hash;
    const [first, second, ...rest] = TABLE.map((entry) => ({ ...entry }));
    if (first === undefined || second === undefined) throw new Error('the table has two columns');
    const changed = [
      [{ ...first, name: 'other' }, second, ...rest],
      [{ ...first, type: 'UUID' }, second, ...rest],
      [{ ...first, defaultKind: 'DEFAULT' }, second, ...rest],
      [second, first, ...rest],
    ].map(hash);
    expect(new Set([hash(TABLE), ...changed]).size).toBe(5);
    expect(hash([first, second, ...rest])).toBe(hash(TABLE));
  });
});
