import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { type AdminAccount, createAdminClient } from '../clickhouse/admin-client.ts';
import { migrate } from '../clickhouse/migrate.ts';
import { readMigrations } from '../clickhouse/read-migrations.ts';
import { dropAccountSql } from '../config/account-sql.ts';
import { compileAccess, compileRowFilterViews } from '../config/grants.ts';
import type { Config } from '../config/schema.ts';
import { sqlUsers } from '../config/sql-users.ts';
import { superviseEngine } from './clickhouse/supervise-engine.ts';

export interface DatabaseAccount {
  readonly username: string;
  readonly password: string;
}

/** A migrated ClickHouse with the accounts of the config. */
export interface Database {
  readonly url: string;
  readonly writer: DatabaseAccount;
  readonly inspector: DatabaseAccount;
  /** Whoever may read what the shipped policy's first reader may. */
  readonly reader: DatabaseAccount;
  /** Of the embedded engine only: nobody else's administrator is handed on. */
  readonly admin?: DatabaseAccount;
  close(): Promise<void>;
}

/** What the embedded front calls itself in `X-ClickHouse-Server-Display-Name`. */
const EMBEDDED_NAME = 'edgehouse-embedded';

export interface DatabaseOptions {
  readonly config: Config;
  readonly dataDir: string;
  /** `http://admin:password@host:port` of a server to use instead of the embedded one. */
  readonly clickhouseUrl?: string | undefined;
  /** Tells a person what they should know. */
  readonly say: (message: string) => void;
}

/** Opens the local stack's ClickHouse: the embedded one, another stack's embedded one, or a real server. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { clickhouseUrl } = options;
  if (clickhouseUrl === undefined) return openEmbedded(options);
  const { origin, username, password } = new URL(clickhouseUrl);
  const admin = { url: origin, user: decodeURIComponent(username), password: decodeURIComponent(password) };
  return (await isEmbedded(admin)) ? joinEmbedded(options, admin) : openServer(options, admin);
}

async function openEmbedded({ config, dataDir, say }: DatabaseOptions): Promise<Database> {
  const users = sqlUsers(config);
  const accounts = ['edgehouse_admin', users.writer, users.inspector, ...Object.values(users.readers)].map((user) => ({
    user,
    password: randomBytes(18).toString('base64url'),
    admin: user === 'edgehouse_admin',
  }));
  const engine = await superviseEngine(
    { dataDir: join(dataDir, 'clickhouse'), accounts, accessSql: compileAccess(config) },
    say,
  );
  const account = (name: string | undefined): DatabaseAccount => {
    const found = accounts.find(({ user }) => user === name);
    if (found === undefined) throw new NoReaderError();
    return { username: found.user, password: found.password };
  };
  try {
    const admin = account('edgehouse_admin');
    await migrateAs({ url: engine.url, user: admin.username, password: admin.password }, config);
    return {
      url: engine.url,
      writer: account(users.writer),
      inspector: account(users.inspector),
      reader: account(Object.values(users.readers)[0]),
      admin,
      close: () => engine.stop(),
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

async function joinEmbedded({ config, say }: DatabaseOptions, admin: AdminAccount): Promise<Database> {
  say(
    'CLICKHOUSE_URL is another local stack: its administrator serves as writer, inspector and reader; no user is created.',
  );
  await migrateAs(admin, config);
  const account = { username: admin.user, password: admin.password };
  return { url: admin.url, writer: account, inspector: account, reader: account, close: async () => {} };
}

async function openServer({ config, say }: DatabaseOptions, admin: AdminAccount): Promise<Database> {
  const userPrefix = `edgehouse_${randomBytes(4).toString('hex')}`;
  const users = sqlUsers(config, { userPrefix });
  const names = [users.writer, users.inspector, users.operator, ...Object.values(users.readers)];
  const passwords = new Map(names.map((name) => [name, `${randomBytes(18).toString('base64url')}.Aa1`]));
  const hashes = [...passwords].map(([name, password]) => [name, createHash('sha256').update(password).digest('hex')]);
  say(`Creating users ${userPrefix}_* on the given server; they are dropped when this stack stops.`);
  await migrateAs(admin, config, compileAccess(config, { userPrefix, passwordHashes: Object.fromEntries(hashes) }));
  const account = (name: string | undefined): DatabaseAccount => {
    const password = name === undefined ? undefined : passwords.get(name);
    if (name === undefined || password === undefined) throw new NoReaderError();
    return { username: name, password };
  };
  return {
    url: admin.url,
    writer: account(users.writer),
    inspector: account(users.inspector),
    reader: account(Object.values(users.readers)[0]),
    close: () => runAs(admin, (client) => command(client, names.flatMap(dropAccountSql))),
  };
}

/** Nothing answers where `CLICKHOUSE_URL` points. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';
  readonly code = 'DATABASE_UNREACHABLE';
  /** @param origin without credentials */
  constructor(origin: string, options?: ErrorOptions) {
    super(
      `No ClickHouse answers at ${origin}, where CLICKHOUSE_URL points. Start it, or leave the variable out.`,
      options,
    );
  }
}

/** The local stack shows its tables through a reader's account. */
export class NoReaderError extends Error {
  override readonly name = 'NoReaderError';
  readonly code = 'READER_MISSING';
  constructor() {
    super('No principal of edgehouse.config.ts may read anything. Add one with a read rule, such as `analyst`.');
  }
}

function migrateAs(admin: AdminAccount, config: Config, access: readonly string[] = []): Promise<void> {
  return runAs(admin, async (client) => {
    const { database } = config.clickhouse;
    const migrations = await readMigrations();
    await migrate({ client, database, streams: Object.values(config.streams), migrations });
    await command(client, [...access, ...compileRowFilterViews(config)]);
  });
}

async function command(client: ClickHouseClient, statements: readonly string[]): Promise<void> {
  for (const query of statements) await client.command({ query });
}

async function runAs(admin: AdminAccount, run: (client: ClickHouseClient) => Promise<void>): Promise<void> {
  const client = createAdminClient(admin);
  try {
    await run(client);
  } finally {
    await client.close();
  }
}

async function isEmbedded({ url, user, password }: AdminAccount): Promise<boolean> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  const answer = await fetch(`${url}/?query=${encodeURIComponent('SELECT 1')}`, { headers }).catch((cause: unknown) => {
    throw new DatabaseUnreachableError(url, { cause });
  });
  await answer.text();
  return answer.headers.get('x-clickhouse-server-display-name') === EMBEDDED_NAME;
}
