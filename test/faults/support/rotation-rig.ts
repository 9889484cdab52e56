import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Context } from 'aws-lambda';
import { config } from '#config';
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
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type FileRotationStore, openFileRotationStore } from './file-rotation-store.ts';
import { ALSO_GOOD, GOOD } from './sample-rows.ts';
import { eventOf, makeBatch, SIGNING_MASTER } from './signed-batch.ts';
import { startTimedEngine } from './timed-engine.ts';

export const USERS = sqlUsers(config);
const ADMIN = { user: 'administrator', password: 'the-administrators-password' };

/** Rotation and ingest as they are, on the embedded engine with its table of passwords, at a time that a test sets. */
export interface RotationRig {
  readonly store: FileRotationStore;
  readonly tools: RotationTools;
  /** Every statement that ClickHouse was sent. */
  readonly proxy: FaultProxy;
  readonly admin: ClickHouseClient;
  /** Every password that was generated. */
  readonly passwords: readonly string[];
  /** Everything that was logged, counted or thrown. */
  readonly said: string[];
  readonly count: (metric: string) => number;
  advance(milliseconds: number): Promise<void>;
  /** Gives a user a first password, and its secret, under a rotation that has just begun. Returns the password. */
  begin(user: string): Promise<string>;
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

export async function startRotationRig(): Promise<RotationRig> {
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
  const streams = Object.values(config.streams);
  await migrate({ client: admin, database, streams, migrations: await readMigrations() });
  const proxy = await startFaultProxy(engine.url);
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-rotation-'));
  const store = openFileRotationStore(folder);
  const passwords: string[] = [];
  const said: string[] = [];
  const metrics: string[] = [];
  const telemetry: Telemetry = {
    count: (metric, value) => void metrics.push(...Array<string>(value).fill(metric)),
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
    said,
    count: (metric) => metrics.filter((name) => name === metric).length,
    async advance(milliseconds) {
      now += milliseconds;
      await engine.setTime(now);
    },
    async begin(user) {
      const first = generatePassword(randomInt);
      passwords.push(first);
      await admin.command({ query: keepMethods(user, [{ hash: passwordHash(first) }]) });
      store.create(SECRET, JSON.stringify(credential(user, first)));
      store.begin(SECRET, TOKEN);
      return first;
    },
    async rotate(step, its = tools) {
      const request = { step, secret: SECRET, token: TOKEN };
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
        config,
        region: 'us-east-1',
        signingMaster: { get: async () => [SIGNING_MASTER], expire: () => undefined },
        store: batches,
        contracts: createContractCache(batches, clock),
        spool: { create: unused, replace: unused, read: unused, remove: unused },
        spoolKeys: { get: unused, expire: () => undefined },
        clock,
        telemetry,
        audit: (line) => void said.push(JSON.stringify(line)),
        patienceMs: 10_000,
      });
      return {
        async write() {
          const { statusCode = 0 } = await ingest(eventOf(makeBatch([GOOD, ALSO_GOOD]), clock()), CONTEXT);
          return statusCode;
        },
        close: () => batches.close(),
      };
    },
    async stop() {
      await admin.close();
      await proxy.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'ingest',
  functionVersion: '1',
  invokedFunctionArn: '',
  memoryLimitInMB: '512',
  awsRequestId: randomUUID(),
  logGroupName: '',
  logStreamName: '',
  getRemainingTimeInMillis: () => 15_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};
