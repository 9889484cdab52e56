import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseCredential } from '../../ingest/clickhouse-credential.ts';
import { type UserDatabase, UserDatabaseError, UserRightsWrongError } from './user-database.ts';

/** An idle Cloud service needs up to a minute to wake. */
const REQUEST_MS = 75_000;

/** Unknown user, wrong password, expired password, needed password. */
const AUTHENTICATION_CODES = new Set([192, 193, 194, 516]);
const ACCESS_DENIED = 497;

/** ClickHouse over its official client; a connection for each call, since a rotation makes a dozen in a month. */
export function createClickHouseUserDatabase(): UserDatabase {
  return {
    async logsIn(credential) {
      try {
        // Not SELECT: the writer's quota has ten of them an hour.
        await withClient('Logging in', credential, (client) => granted(client, 'SELECT ON system.one'));
        return true;
      } catch (error) {
        if (AUTHENTICATION_CODES.has(codeOf(error) ?? 0)) return false;
        throw error;
      }
    },

    async prove(credential, { statements, has, hasNot }) {
      await withClient('Proving what a user may do', credential, async (client) => {
        for (const statement of statements) {
          await run(client, statement).catch((error: unknown) => {
            if (codeOf(error) !== ACCESS_DENIED) throw error;
            throw new UserRightsWrongError(credential.username, 'may not', statement);
          });
        }
        for (const right of has) {
          if (!(await granted(client, right))) throw new UserRightsWrongError(credential.username, 'may not', right);
        }
        for (const right of hasNot) {
          if (await granted(client, right)) throw new UserRightsWrongError(credential.username, 'may', right);
        }
      });
    },

    change: (administrator, statement) =>
      withClient('Changing a user', administrator, async (client) => void (await client.command({ query: statement }))),
  };
}

async function granted(client: ClickHouseClient, right: string): Promise<boolean> {
  // Not `query`, which ends the statement with a FORMAT that this one does not take.
  const { stream } = await client.exec({ query: `CHECK GRANT ${right}` });
  return (await text(stream)).trim() === '1';
}

async function run(client: ClickHouseClient, statement: string): Promise<void> {
  if (!statement.startsWith('INSERT')) return void (await client.command({ query: statement }));
  const { stream } = await client.exec({ query: statement, values: Readable.from([]) });
  await text(stream);
}

async function withClient<T>(
  what: string,
  { url, username, password }: ClickHouseCredential,
  work: (client: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const client = createClient({
    url,
    username,
    password,
    request_timeout: REQUEST_MS,
    keep_alive: { enabled: false },
    // The client's own log prints statements.
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof UserRightsWrongError) throw error;
    throw new UserDatabaseError(what, codeOf(error));
  } finally {
    await client.close();
  }
}

function codeOf(error: unknown): number | undefined {
  if (error instanceof UserDatabaseError) return error.clickhouseCode;
  return error instanceof ClickHouseError ? Number(error.code) : undefined;
}
