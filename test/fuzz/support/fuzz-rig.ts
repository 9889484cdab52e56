import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { migrate } from '../../../clickhouse/migrate.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import { STAMPED_COLUMNS } from '../../../functions/ingest/contract.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import { restColumnsOf } from '../../../functions/ingest/rest-columns.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';
import { authorizedEvent } from '../../../local/gateway/gateway-events.ts';
import { lambdaContext } from '../../../local/gateway/lambda-context.ts';
import { parseRequest } from '../../../local/gateway/parse-request.ts';
import { patientConfig } from '../../faults/support/patient-config.ts';
import type { RawRequest } from '../../integration/support/raw-http.ts';
import type { Sender } from '../../integration/support/spoof-batch.ts';
import { batchKeyOf } from '../../integration/support/spoof-oracle-signature.ts';
import { STAMP_TYPES } from '../../unit/functions/ingest/stream-contract.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { FUZZ_TABLES } from './fuzz-tables.ts';
import { gatherInserts } from './gather-inserts.ts';
import type { Known } from './oracle-answer.ts';
import { type Json, readJson } from './oracle-json.ts';

/** Where rows go: tables in memory, which cost little, or the shipped ones, with their views and the ledger. */
export type Home = 'memory' | 'shipped';

export interface Arrival {
  readonly requestId: string;
  readonly stream: string;
  /** Seconds since the epoch. */
  readonly exp: number;
}

export interface FuzzRig {
  readonly now: number;
  readonly sender: Omit<Sender, 'stream'>;
  readonly known: Omit<Known, 'exp'>;
  /** Hands the request to ingest as the gateway does. */
  send(home: Home, request: RawRequest, arrival: Arrival): Promise<APIGatewayProxyStructuredResultV2>;
  /** All rows of a table, each value as JSON. */
  rowsOf(home: Home, table: string, columns: readonly string[]): Promise<readonly ReadonlyMap<string, Json>[]>;
  /** Empties all tables. */
  empty(): Promise<void>;
  /** Batches that ClickHouse did not take. */
  readonly spooled: ReadonlyMap<string, Buffer>;
  stop(): Promise<void>;
}

export const PRINCIPAL = 'fuzz';
const TOKEN = 'head.body.signature';
const MASTER = { version: 1, key: Buffer.alloc(32, 1) };
const SOURCES = 'ew/1/';
/** Nobody waits here: a machine with other work must not make a batch go into the spool. */
const PATIENCE_MS = 60_000;
const GATHERING_MS = 20;

const CONFIG = parseConfig({
  streams: Object.fromEntries(
    FUZZ_TABLES.map(({ stream, rest, limits }) => [
      stream,
      { limits, ...(rest === undefined ? {} : { unknownFields: { keepIn: rest } }) },
    ]),
  ),
  principals: {
    [PRINCIPAL]: {
      claims: { sub: 'ew:1' },
      allow: [{ write: FUZZ_TABLES.map(({ stream }) => stream), sources: [`${SOURCES}*`], trust: 'edge' }],
    },
  },
});

const IDENTITY = {
  principal: PRINCIPAL,
  auth: 'token',
  iss: 'i',
  sub: 'ew:1',
  clientId: 'c',
  jti: 'j',
  kid: 'k',
} as const;

/** Ingest over an embedded ClickHouse of its own, with a clock that stands still. */
export async function openFuzzRig(): Promise<FuzzRig> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-fuzz-'));
  const user = { user: 'admin', password: 'admin' };
  const engine = await startEngine({ dataDir: folder, accounts: [{ ...user, admin: true }], accessSql: [] });
  const admin = createAdminClient({ url: engine.url, ...user });
  const run = (home: Home, query: string) => admin.command({ query, http_headers: { 'X-ClickHouse-Database': home } });
  const shipped = Object.values(CONFIG.streams).filter(({ table }) => table === 'web_events');
  await migrate({ client: admin, database: 'shipped', streams: shipped, migrations: await readMigrations() });
  await admin.command({ query: 'CREATE DATABASE memory' });
  for (const table of ['web_events', 'quarantine']) {
    await run('memory', `CREATE TABLE ${table} AS shipped.${table} ENGINE = Memory`);
  }
  const stamps = `${STAMPED_COLUMNS.map((name) => `\`${name}\` ${STAMP_TYPES[name] ?? 'LowCardinality(String)'}`).join(', ')}`;
  for (const { stream, columns, rest } of FUZZ_TABLES.slice(1)) {
    const own = [...columns.map(({ sql }) => sql), ...(rest === undefined ? [] : [`\`${rest}\` JSON`])];
    await run('memory', `CREATE TABLE ${stream} (${own.join(', ')}, ${stamps}) ENGINE = Memory`);
  }

  const login = { url: engine.url, username: user.user, password: user.password };
  const account = { get: async () => login, expire: () => undefined };
  const now = Math.floor(Date.now() / 1000);
  const clock = () => now * 1000;
  const { objects, spool } = memoryBatchSpool();
  const open = (database: Home) => {
    const direct = createClickHouseBatchStore({ database, writer: account, inspector: account });
    const store = database === 'memory' ? gatherInserts(direct, GATHERING_MS) : direct;
    const ingest = createIngest({
      config: patientConfig(CONFIG, PATIENCE_MS),
      region: 'us-east-1',
      signingMaster: { get: async () => [MASTER], expire: () => undefined },
      principalKeys: new Map(),
      store,
      contracts: createContractCache(store, clock, restColumnsOf(CONFIG.streams)),
      spool,
      spoolKeys: { get: async () => [MASTER], expire: () => undefined },
      clock,
      audit: () => undefined,
      telemetry: { count: () => undefined, warn: () => undefined },
    });
    return { close: direct.close, ingest };
  };
  const homes = { memory: open('memory'), shipped: open('shipped') };

  return {
    now,
    sender: { token: TOKEN, ...batchKeyOf(MASTER, TOKEN), source: `${SOURCES}1.0.0` },
    known: { now, masters: [MASTER], tables: FUZZ_TABLES, sources: SOURCES },
    spooled: objects,
    send(home, request, { requestId, stream, exp }) {
      const parsed = parseRequest({
        ...request,
        httpVersion: '1.1',
        rawHeaders: ['host', 'localhost', ...request.headers.flat()],
        remoteAddress: '127.0.0.1',
      });
      if (parsed === undefined) throw new Error('The gateway takes no such request.');
      const facts = {
        requestId,
        routeKey: 'POST /v1/streams/{stream}/batches',
        parameters: { stream },
        timeEpoch: now * 1000,
      };
      return homes[home].ingest(
        authorizedEvent(parsed, facts, { ...IDENTITY, exp }),
        lambdaContext(requestId, PATIENCE_MS * 2, () => 0),
      );
    },
    async rowsOf(home, table, columns) {
      const answer = await admin.query({
        query: `SELECT ${columns.map((name) => `\`${name}\``).join(', ')} FROM ${home}.${table}`,
        format: 'JSONEachRow',
        clickhouse_settings: {
          date_time_output_format: 'iso',
          output_format_json_quote_64bit_integers: 0,
          output_format_json_quote_decimals: 0,
        },
      });
      const lines = (await answer.text()).split('\n').filter((line) => line !== '');
      return lines.map((line) => {
        const row = readJson(line);
        if (!(row instanceof Map)) throw new Error(`Not a row: ${line.slice(0, 500)}`);
        return row;
      });
    },
    async empty() {
      for (const table of ['quarantine', ...FUZZ_TABLES.map(({ stream }) => stream)])
        await run('memory', `TRUNCATE TABLE ${table}`);
      for (const table of ['quarantine', 'web_events']) await run('shipped', `TRUNCATE TABLE ${table}`);
    },
    async stop() {
      await Promise.all(Object.values(homes).map(({ close }) => close()));
      await admin.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
