import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { config as shipped } from '#config';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { migrate } from '../../../clickhouse/migrate.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { compileAccess } from '../../../config/grants.ts';
import { sqlUsers } from '../../../config/sql-users.ts';
import {
  type ClosableBatchStore,
  createClickHouseBatchStore,
} from '../../../functions/ingest/clickhouse-batch-store.ts';
import { parseClickHouseCredential } from '../../../functions/ingest/clickhouse-credential.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import { keepMethods } from '../../../functions/rotation/rotate-database-user/authentication-sql.ts';
import { createClickHouseUserDatabase } from '../../../functions/rotation/rotate-database-user/clickhouse-user-database.ts';
import { generatePassword, passwordHash } from '../../../functions/rotation/rotate-database-user/database-password.ts';
import { observeRotation } from '../../../functions/rotation/rotate-database-user/observe-rotation.ts';
import {
  type RotationOutcome,
  rotateDatabaseUser,
} from '../../../functions/rotation/rotate-database-user/rotate-database-user.ts';
import type { RotationStep } from '../../../functions/rotation/rotate-database-user/rotation-event.ts';
import type { RotationTools } from '../../../functions/rotation/rotate-database-user/rotation-tools.ts';
import { rightsOf } from '../../../functions/rotation/rotate-database-user/user-rights.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { Telemetry } from '../../../functions/shared/telemetry.ts';
import { lambdaContext } from '../../../local/gateway/lambda-context.ts';
import { captureOutput } from './capture-output.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type FileRotationStore, openFileRotationStore } from './file-rotation-store.ts';
import { patientConfig } from './patient-config.ts';
import { ALSO_GOOD, GOOD } from './sample-rows.ts';
import { BATCH_KEY, BEARER_TOKEN, eventOf, makeBatch, SIGNING_MASTER } from './signed-batch.ts';
import { startTimedEngine } from './timed-engine.ts';

export const USERS = sqlUsers(shipped);
const ADMIN = { user: 'administrator', password: 'the-administrators-password' };

export interface RigOptions {
  /** Makes a table of the user's own, to which the stream goes. @default the stream goes to its shipped table */
  readonly ownTable?: { readonly name: string; readonly createSql: string };
}

/** Rotation and ingest as they are, on the embedded engine with its table of passwords, at a time that a test sets. */
export interface RotationRig {
  readonly store: FileRotationStore;
  readonly tools: RotationTools;
  /** Every statement that ClickHouse was sent. */
  readonly proxy: FaultProxy;
  readonly admin: ClickHouseClient;
  /** Every password that was generated. */
  readonly passwords: readonly string[];
  /** Whatever must be nowhere in the record, by name. */
  readonly secrets: () => ReadonlyMap<string, string | Uint8Array>;
  /** Everything that was logged, counted, thrown, or sent as SQL, and all that this process and the engine's wrote. */
  readonly record: () => string;
  readonly count: (metric: string) => number;
  advance(milliseconds: number): Promise<void>;
  /** Gives a user a first password, and its secret, under a rotation that has just begun. Returns the password. */
  begin(user: string): Promise<string>;
  /** Begins another rotation of the user, whatever became of the one before. Returns the password that is current. */
  beginNext(): Promise<string>;
  /** The version that is to become the current one. */
  readonly token: () => string;
  /** Runs a step of the rotation that has begun, as its handler does. */
  rotate(step: RotationStep, tools?: RotationTools): Promise<RotationOutcome | undefined>;
  logsIn(user: string, password: string): Promise<boolean>;
  currentPassword(): Promise<string>;
  /** A container of ingest that reads the writer's password from the store. */
  container(): IngestContainer;
  stop(): Promise<void>;
}

export interface IngestContainer {
  /** Sends a batch of two rows. Returns the answer's status. */
  write(): Promise<number>;
  close(): Promise<void>;
}

export const SECRET = 'arn:aws:secretsmanager:us-east-1:1:secret:edgehouse/clickhouse/user-AbCdEf';
export const TOKEN = 'second';

export async function startRotationRig({ ownTable }: RigOptions = {}): Promise<RotationRig> {
  const config = ownTable === undefined ? shipped : withTable(ownTable.name);
  let now = Date.parse('2026-03-04T05:06:07Z');
  const clock = () => now;
  const accounts = [USERS.writer, USERS.inspector, ...Object.values(USERS.readers)].map((user) => ({
    user,
    password: `first-of-${user}`,
  }));
  const engine = await startTimedEngine(
    { accounts: [{ ...ADMIN, admin: true }, ...accounts], accessSql: compileAccess(config) },
    now,
  );
  const admin = createAdminClient({ url: engine.url, ...ADMIN });
  const { database } = config.clickhouse;
  const streams = Object.values(shipped.streams);
  await migrate({ client: admin, database, streams, migrations: await readMigrations() });
  if (ownTable !== undefined) await admin.command({ query: ownTable.createSql });
  const proxy = await startFaultProxy(engine.url);
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-rotation-'));
  const store = openFileRotationStore(folder);
  const output = captureOutput();
  const passwords: string[] = [];
  let token = TOKEN;
  let begun = 0;
  const said: string[] = [];
  const metrics = new Map<string, number>();
  const telemetry: Telemetry = {
    count: (metric, value, dimensions) => {
      said.push(JSON.stringify({ metric, value, dimensions }));
      metrics.set(metric, (metrics.get(metric) ?? 0) + value);
    },
    warn: (message, fields) => void said.push(JSON.stringify({ message, ...fields })),
  };
  const credential = (user: string, password: string) => ({ url: proxy.url, username: user, password });
  const tools: RotationTools = {
    store,
    database: createClickHouseUserDatabase(),
    administrator: async () => credential(ADMIN.user, ADMIN.password),
    rights: (user) => rightsOf(config, user),
    newPassword: () => {
      const password = generatePassword(randomInt);
      passwords.push(password);
      return password;
    },
    clock,
    pause: async () => undefined,
  };
  const inspector = parseClickHouseCredential(
    JSON.stringify(credential(USERS.inspector, `first-of-${USERS.inspector}`)),
  );

  return {
    store,
    tools,
    proxy,
    admin,
    passwords,
    secrets: () =>
      new Map<string, string | Uint8Array>([
        ...passwords.map((password, at): [string, string] => [`password ${at}`, password]),
        ...accounts.map(({ user, password }): [string, string] => [`first password of ${user}`, password]),
        ["the administrator's password", ADMIN.password],
        ['the token', BEARER_TOKEN],
        ['the batch key', BATCH_KEY.key],
        ['the signing master', SIGNING_MASTER.key],
      ]),
    record: () => [...said, ...proxy.statements, ...output.lines, engine.output()].join('\n'),
    count: (metric) => metrics.get(metric) ?? 0,
    async advance(milliseconds) {
      now += milliseconds;
      await engine.setTime(now);
    },
    async begin(user) {
      const first = generatePassword(randomInt);
      passwords.push(first);
      await admin.command({ query: keepMethods(user, [{ hash: passwordHash(first) }]) });
      store.create(SECRET, JSON.stringify(credential(user, first)));
      token = TOKEN;
      store.begin(SECRET, token);
      return first;
    },
    async beginNext() {
      token = `rotation-${++begun}`;
      store.begin(SECRET, token);
      return parseClickHouseCredential(await store.read(SECRET)).password;
    },
    token: () => token,
    async rotate(step, its = tools) {
      const request = { step, secret: SECRET, token };
      let outcome: RotationOutcome | undefined;
      const run = async () => {
        outcome = await rotateDatabaseUser(request, its);
        return outcome;
      };
      await observeRotation(request, run, telemetry).catch((error: unknown) => {
        said.push(inspect(error, { depth: 9 }));
        throw error;
      });
      return outcome;
    },
    logsIn: (user, password) => tools.database.logsIn(credential(user, password)),
    currentPassword: async () => parseClickHouseCredential(await store.read(SECRET)).password,
    container() {
      const batches: ClosableBatchStore = createClickHouseBatchStore({
        database,
        writer: cachedSecret(store, SECRET, parseClickHouseCredential, clock),
        inspector: { get: async () => inspector, expire: () => undefined },
      });
      const unused = async () => {
        throw new Error('Nothing is to be spooled here.');
      };
      const ingest = createIngest({
        config: patientConfig(config, 10_000),
        region: 'us-east-1',
        signingMaster: { get: async () => [SIGNING_MASTER], expire: () => undefined },
        principalKeys: new Map(),
        store: batches,
        contracts: createContractCache(batches, clock),
        spool: { create: unused, replace: unused, read: unused, remove: unused },
        spoolKeys: { get: unused, expire: () => undefined },
        clock,
        telemetry,
        audit: (line) => void said.push(JSON.stringify(line)),
      });
      return {
        async write() {
          const { statusCode = 0, body = '' } = await ingest(eventOf(makeBatch([GOOD, ALSO_GOOD]), clock()), CONTEXT);
          said.push(body);
          return statusCode;
        },
        close: () => batches.close(),
      };
    },
    async stop() {
      output.restore();
      await admin.close();
      await proxy.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function withTable(table: string): typeof shipped {
  const streams = Object.entries(shipped.streams).map(([name, stream]) => [name, { ...stream, table }] as const);
  return { ...shipped, streams: Object.fromEntries(streams) };
}

/** Time stands still in it. */
const CONTEXT = lambdaContext(randomUUID(), 15_000, () => 0);
