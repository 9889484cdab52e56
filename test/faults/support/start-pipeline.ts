import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config as shipped } from '#config';
import type { Config } from '../../../config/schema.ts';
import { createBreaker } from '../../../functions/ingest/breaker.ts';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { guardStore } from '../../../functions/ingest/guard-store.ts';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import type { Receipt } from '../../../functions/ingest/receipt.ts';
import { createReplay, type Replay } from '../../../functions/replay/replay.ts';
import type { AuditLine, ReplayAudit } from '../../../functions/shared/audit.ts';
import { SPOOL_PREFIX } from '../../../functions/shared/batch-spool.ts';
import type { CachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { VersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { lambdaContext } from '../../../local/gateway/lambda-context.ts';
import { type FileBatchSpool, openFileBatchSpool } from '../../../local/spool/file-batch-spool.ts';
import { createReplayQueue, type LocalReplayQueue } from '../../../local/spool/replay-queue.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { patientConfig } from './patient-config.ts';
import { readTruth, type Truth } from './read-truth.ts';
import { eventOf, SIGNING_MASTER, type TestBatch } from './signed-batch.ts';
import type { TestDatabase } from './start-database.ts';
import { type SteppedQueue, stepQueue } from './step-queue.ts';

export interface PipelineOptions {
  /** Milliseconds that ingest waits for ClickHouse. @default 5000, so that a busy machine spools nothing by itself */
  readonly patienceMs?: number;
  /** Objects are replayed when they are spooled, with real pauses, and not when the test says so. @default false */
  readonly live?: boolean;
}

export interface SendAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly receipt: Receipt;
}

/** One Lambda container of ingest. */
export interface Container {
  send(batch: TestBatch): Promise<SendAnswer>;
}

/** Ingest, spool and replay as they are, on a database of their own behind a proxy that a test governs. */
export interface Pipeline {
  readonly database: string;
  readonly proxy: FaultProxy;
  readonly spool: FileBatchSpool;
  /** Folder of the spool's objects. */
  readonly objectsDir: string;
  readonly queue: LocalReplayQueue;
  readonly audit: readonly AuditLine[];
  /** What the functions warned of. */
  readonly warnings: readonly string[];
  readonly now: () => number;
  advance(seconds: number): void;
  /** Lets as much time go by as a container's breaker may keep it from asking ClickHouse. */
  rest(): void;
  /** A container that has yet to ask ClickHouse for the contract. */
  coldContainer(): Container;
  /** A container that knows the contract as it is now. */
  warmContainer(): Promise<Container>;
  /** Delivers what was spooled and what waits in the queue, once each. Resolves when every replay has ended. */
  replay(): Promise<void>;
  /** A replay function of its own, as of another container; its messages are acknowledged by nobody. */
  anotherReplay(): Replay;
  /** From now on, replay works under this policy. */
  replayUnder(config: Config): void;
  /** Runs a statement with {db} for the database's name, past the proxy. */
  alter(sql: string): Promise<void>;
  truthOf(batch: TestBatch): Promise<Truth>;
  /** Names in the spool. */
  spooled(): Promise<readonly string[]>;
  deadLetters(): Promise<readonly { readonly name: string | null; readonly reason: string }[]>;
  /** Outcomes of the replays so far, and their codes. */
  replays(): readonly Pick<ReplayAudit, 'outcome' | 'code'>[];
  close(): Promise<void>;
}

const LONGEST_BREAK_MS = 30_000;

export const SPOOL_KEYS: VersionedKeys = [{ version: 1, key: createHash('sha256').update('spool').digest() }];

export async function startPipeline(database: TestDatabase, options: PipelineOptions = {}): Promise<Pipeline> {
  const name = await database.migrateNew(shipped.streams);
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-faults-spool-'));
  const deadLetterDir = join(folder, 'dead-letters');
  const objectsDir = join(folder, 'objects');
  const proxy = await startFaultProxy(database.account.url);
  const { user, password } = database.account;
  const credential = fixed({ url: proxy.url, username: user, password });
  const store = createClickHouseBatchStore({ database: name, writer: credential, inspector: credential });
  const spoolKeys = fixed(SPOOL_KEYS);
  const audit: AuditLine[] = [];
  const warnings: string[] = [];
  let offsetMs = 0;
  const clock = () => Date.now() + offsetMs;
  let policy: Config = shipped;

  const steps: SteppedQueue = stepQueue();
  const deliver = steps.watch((event) => replayFunction()(event));
  const queue = createReplayQueue({
    deliver,
    deadLetterDir,
    say: () => undefined,
    clock,
    ...(options.live === true ? {} : { schedule: steps.schedule }),
  });
  steps.attach(queue);
  const spool = await openFileBatchSpool(objectsDir, options.live === true ? queue.send : steps.announce);
  const shared = {
    store,
    spool,
    spoolKeys,
    clock,
    audit: (line: AuditLine) => void audit.push(line),
    telemetry: { count: () => undefined, warn: (message: string) => void warnings.push(message) },
  };
  const replayFunction = (): Replay =>
    createReplay({ ...shared, config: policy, queue, random: () => 0, mostBackoffSeconds: 1 });

  function container(
    guarded = guardStore(store, createBreaker(clock)),
    contracts = createContractCache(guarded, clock),
  ): Container {
    const ingest = createIngest({
      ...shared,
      store: guarded,
      contracts,
      config: patientConfig(shipped, options.patienceMs ?? 5_000),
      region: 'us-east-1',
      signingMaster: fixed([SIGNING_MASTER]),
      principalKeys: new Map(),
    });
    return {
      async send(batch) {
        const { statusCode = 0, headers = {}, body = '{}' } = await ingest(eventOf(batch, clock()), CONTEXT);
        return { status: statusCode, headers, receipt: JSON.parse(body) };
      },
    };
  }

  return {
    database: name,
    proxy,
    spool,
    objectsDir,
    queue,
    audit,
    warnings,
    now: clock,
    advance: (seconds) => {
      offsetMs += seconds * 1_000;
    },
    rest: () => {
      offsetMs += LONGEST_BREAK_MS;
    },
    coldContainer: () => container(),
    async warmContainer() {
      const guarded = guardStore(store, createBreaker(clock));
      const contracts = createContractCache(guarded, clock);
      await contracts.get('web_events', AbortSignal.timeout(10_000));
      return container(guarded, contracts);
    },
    replay: () => steps.step(),
    anotherReplay: replayFunction,
    replayUnder: (config) => {
      policy = config;
    },
    alter: async (sql) => void (await database.admin.command({ query: sql.replaceAll('{db}', name) })),
    truthOf: ({ id }) => readTruth(database.admin, name, id),
    spooled: () => spool.list(SPOOL_PREFIX),
    async deadLetters() {
      const files = (await readdir(deadLetterDir)).sort();
      return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(deadLetterDir, file), 'utf8'))));
    },
    replays: () =>
      audit.flatMap((line) =>
        line.audit === 'replay'
          ? [{ outcome: line.outcome, ...(line.code === undefined ? {} : { code: line.code }) }]
          : [],
      ),
    async close() {
      await proxy.close();
      await queue.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function fixed<T>(value: T): CachedSecret<T> {
  return { get: async () => value, expire: () => undefined };
}

/** Time stands still in it. */
const CONTEXT = lambdaContext(randomUUID(), 15_000, () => 0);
