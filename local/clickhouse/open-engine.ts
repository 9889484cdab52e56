import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from 'chdb';
import { type CompiledAccess, compileAccess } from './compile-access.ts';
import { EngineStartError, statementRefused } from './engine-errors.ts';
import type { EngineOptions } from './engine-options.ts';
import { forgetTornInserts } from './forget-torn-inserts.ts';
import { sqlString } from './sql-quoting.ts';

/** The running engine. One a process; a second one cannot be opened before this is closed. */
export interface EmbeddedEngine {
  readonly version: string;
  readonly timeZone: string;
  /** A session that inherits nothing from any other: settings, role, and what a failed query left in its buffer stay behind. */
  open(): Session;
  /** Ends what runs under this log comment. */
  kill(tag: string): void;
  /** Resolves when nothing runs any more and the data directory is free. */
  close(): Promise<void>;
}

/**
 * Starts the engine on a data directory, with its access control in force.
 *
 * @param scratchDir a private directory for the engine's configuration
 * @throws EngineStartError; where the engine itself refuses, it says why on stderr
 */
export async function openEngine(
  { dataDir, accounts, accessSql }: EngineOptions,
  scratchDir: string,
): Promise<{ readonly engine: EmbeddedEngine; readonly access: CompiledAccess }> {
  const { Session, drainPending } = await loadEngine();
  const open = (path: string, connectionArgs: readonly string[] = []): Session => {
    try {
      return new Session(path, { connectionArgs });
    } catch (cause) {
      throw new EngineStartError({ code: 'ENGINE_START_FAILED', seen: `it could not open ${path}` }, { cause });
    }
  };

  // The engine reads its configuration when a process opens its first session, so the statements are formatted in one that ends before.
  const formatter = open(join(scratchDir, 'formatter'));
  let access: CompiledAccess;
  try {
    access = compileAccess(canonical(formatter, accessSql), accounts);
  } finally {
    formatter.close();
    await drainPending();
  }
  const users = join(scratchDir, 'users.xml');
  const config = join(scratchDir, 'config.xml');
  await writeFile(users, access.usersXml);
  await writeFile(config, configXml(users));

  await mkdir(dataDir, { recursive: true });
  await forgetTornInserts(dataDir);
  const connectionArgs = [`--config-file=${config}`];
  const root = open(dataDir, connectionArgs);
  checkAccess(root, access);
  const [version = '', timeZone = ''] = root.query('SELECT version(), timezone()', 'TSV').trimEnd().split('\t');
  const engine: EmbeddedEngine = {
    version,
    timeZone,
    open: () => new Session(dataDir, { connectionArgs }),
    kill: (tag) => {
      // SYNC would wait for a query that waits for this session's thread (measured: for ever).
      root.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${sqlString(tag)} ASYNC`).catch(() => undefined);
    },
    close: async () => {
      root.close();
      await drainPending();
    },
  };
  return { engine, access };
}

async function loadEngine(): Promise<typeof import('chdb')> {
  try {
    // Loaded here and not at the top: where the platform has no binary, loading it throws.
    return await import('chdb');
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new EngineStartError({ code: 'ENGINE_PLATFORM_UNSUPPORTED', platform }, { cause });
  }
}

function canonical(formatter: Session, accessSql: readonly string[]): readonly string[] {
  return accessSql.map((sql, at) => {
    try {
      return formatter.query(`SELECT formatQuerySingleLine(${sqlString(sql)})`, 'TSVRaw').trimEnd();
    } catch {
      throw statementRefused(at, 'a syntax error');
    }
  });
}

/** The default of the embedded engine makes a view without SQL SECURITY run as its caller, which no server does. */
function configXml(usersPath: string): string {
  const settings = '<ignore_empty_sql_security_in_create_view_query>0</ignore_empty_sql_security_in_create_view_query>';
  return `<clickhouse><users_config>${usersPath}</users_config>${settings}</clickhouse>`;
}

/** Would the engine ever ignore its configuration, every account could do everything. */
function checkAccess(root: Session, { accounts }: CompiledAccess): void {
  const roles = new Set([...accounts.values()].flatMap((account) => account.roles));
  for (const role of roles) {
    const found = root.query(`SELECT has(currentRoles(), ${sqlString(role)})`, 'TSV').trim();
    if (found !== '1') {
      throw new EngineStartError({ code: 'ENGINE_START_FAILED', seen: `it did not take on role ${role}; report this` });
    }
  }
}
