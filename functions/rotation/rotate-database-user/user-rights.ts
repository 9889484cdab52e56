import { readableRelations } from '../../../config/readable-relations.ts';
import type { Config, Principal } from '../../../config/schema.ts';
import { type SqlUserOptions, sqlUsers } from '../../../config/sql-users.ts';

/** What a user of ClickHouse must be able to do, and must not. */
export interface UserRights {
  /** What it is there for: statements that it must be able to run; they change nothing and return no row. */
  readonly statements: readonly string[];
  /** Privileges as they stand after `CHECK GRANT`. */
  readonly has: readonly string[];
  readonly hasNot: readonly string[];
}

type Policy = Pick<Config, 'clickhouse' | 'principals' | 'streams'>;

/** @returns undefined for a user that the config does not make: none of ours to rotate */
export function rightsOf(config: Policy, user: string, options: SqlUserOptions = {}): UserRights | undefined {
  const { writer, inspector, readers } = sqlUsers(config, options);
  if (user === writer) return writerRights(config);
  if (user === inspector) return inspectorRights(config);
  const principal = Object.values(config.principals).find(({ name }) => readers[name] === user);
  return principal === undefined ? undefined : readerRights(config, principal);
}

function writerRights(config: Policy): UserRights {
  const tables = writable(config);
  return {
    // Without a row: ClickHouse checks the right all the same.
    statements: tables.map((table) => `INSERT INTO ${table} SETTINGS async_insert = 0 FORMAT JSONEachRow`),
    has: tables.map((table) => `INSERT ON ${table}`),
    hasNot: [
      ...[...tables, named(config, 'batches')].map((relation) => `SELECT ON ${relation}`),
      `INSERT ON ${named(config, '_batches')}`,
      ...changes(config),
    ],
  };
}

function inspectorRights(config: Policy): UserRights {
  const tables = writable(config);
  const batches = named(config, 'batches');
  return {
    statements: ['SELECT name FROM system.columns LIMIT 0', `SELECT * FROM ${batches} LIMIT 0`],
    has: [
      `SELECT ON ${batches}`,
      `SELECT ON ${named(config, '_batches')}`,
      ...tables.map((table) => `SHOW COLUMNS ON ${table}`),
    ],
    hasNot: [...tables.flatMap((table) => [`SELECT ON ${table}`, `INSERT ON ${table}`]), ...changes(config)],
  };
}

function readerRights(config: Policy, principal: Principal): UserRights {
  const readable = readableRelations(principal, config.streams).map(({ relation }) => named(config, relation));
  const tables = writable(config);
  const others = [...tables, named(config, 'batches')].filter((relation) => !readable.includes(relation));
  return {
    statements: readable.map((relation) => `SELECT * FROM ${relation} LIMIT 0`),
    has: readable.map((relation) => `SELECT ON ${relation}`),
    hasNot: [
      ...others.map((relation) => `SELECT ON ${relation}`),
      ...tables.map((table) => `INSERT ON ${table}`),
      ...changes(config),
    ],
  };
}

/** One by one: `CHECK GRANT` says 0 of a group such as `ALTER` to whoever has a part of it (measured). */
const TABLE_CHANGES = [
  ...['UPDATE', 'DELETE', 'TTL', 'SETTINGS', 'MOVE PARTITION', 'FREEZE PARTITION'].map((what) => `ALTER ${what}`),
  ...['ADD', 'CLEAR', 'DROP', 'MODIFY', 'RENAME'].map((what) => `ALTER ${what} COLUMN`),
  'DROP TABLE',
  'TRUNCATE',
];

/** What none of our users may: change what is there, hand rights on, or reach out of the database. */
function changes(config: Policy): readonly string[] {
  const tables = [...writable(config), named(config, '_batches')];
  return [
    ...tables.flatMap((table) => TABLE_CHANGES.map((right) => `${right} ON ${table}`)),
    `CREATE TABLE ON ${quote(config.clickhouse.database)}.*`,
    `CREATE VIEW ON ${quote(config.clickhouse.database)}.*`,
    'SHOW USERS ON *.*',
    'CREATE USER ON *',
    'ALTER USER ON *',
    'CREATE ROLE ON *',
    'ROLE ADMIN ON *.*',
    'SYSTEM SHUTDOWN ON *.*',
    ...['FILE', 'URL', 'REMOTE', 'S3'].flatMap((source) => [`READ ON ${source}`, `WRITE ON ${source}`]),
  ];
}

/** The tables that rows are put into. */
function writable(config: Policy): readonly string[] {
  const tables = Object.values(config.streams).map(({ table }) => table);
  return [...tables.toSorted(), 'quarantine'].map((table) => named(config, table));
}

function named({ clickhouse }: Policy, relation: string): string {
  return `${quote(clickhouse.database)}.${quote(relation)}`;
}

/** Every name is an identifier by the config's schema. */
function quote(identifier: string): string {
  return `\`${identifier}\``;
}
