import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import { createReplay, type Replay } from '../../../functions/replay/replay.ts';
import { SPOOL_PREFIX } from '../../../functions/shared/batch-spool.ts';
import { seeded } from '../../../local/seeded.ts';
import { openFileBatchSpool } from '../../../local/spool/file-batch-spool.ts';
import { createReplayQueue } from '../../../local/spool/replay-queue.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { RUN_CONFIG, RUN_STREAMS, runMigrations } from './fault-run-tables.ts';
import { faultySpool } from './faulty-spool.ts';
import { fileSecret, writeSecret } from './file-secret.ts';
import { dealFaults, type RandomFault, STREAM_INSERT, type StatementFault } from './random-faults.ts';
import { addUp, type Expected, makeRunBatch, type RunBatch } from './run-batches.ts';
import type { TestDatabase } from './start-database.ts';
import { type IngestProcess, startIngestProcess } from './start-ingest-process.ts';
import { SPOOL_KEYS } from './start-pipeline.ts';

export interface FaultRunOptions {
  readonly seed: number;
  readonly batches: number;
  readonly rowsPerBatch: number;
}

/** What happened on the way; the tables are read by whoever asked for the run. */
export interface FaultRun {
  readonly database: string;
  /** Of all batches together. */
  readonly expected: Expected;
  /** Batches of each stream and format. */
  readonly shapes: Readonly<Record<string, number>>;
  /** How often senders saw each status; 0 stands for a container that died. */
  readonly statuses: Readonly<Record<number, number>>;
  /** How often each fault came up. */
  readonly faults: Readonly<Record<string, number>>;
  /** Objects that were left in the spool, and dead letters. */
  readonly left: { readonly spooled: readonly string[]; readonly dead: number };
  /** Batches that were replayed again when ClickHouse had forgotten their tokens. */
  readonly replayedLate: number;
}

/** One container, and the one that takes its place when it dies. */
interface Container {
  readonly proxy: FaultProxy;
  process: IngestProcess;
  starting: Promise<void> | undefined;
}

const SENDERS = 4;
const CONTAINERS = 2;
/** A new fault with each so manieth batch: in a hundred batches, every kind comes up. */
const BATCHES_PER_FAULT = 4;
/** Between two batches of a sender: else one outage would see them all, for the spool is quick. */
const LONGEST_GAP_MS = 500;
/** A sender that was refused waits so long: long enough for a fault to pass, in all its attempts. */
const RESEND_MS = 50;
const MOST_ATTEMPTS = 400;
const REPLAYED_LATE = 10;

/**
 * Sends batches through containers of ingest, with replay beside them, while ClickHouse, the way to it, the containers and the spool
 * fail in turns that the seed decides. Senders do as ours do: what is not answered with 200 or 202 is sent again, the same bytes under
 * the same id. When all are answered, the faults end, and the run waits for the spool to be empty.
 */
export async function runThroughFaults(engine: TestDatabase, options: FaultRunOptions): Promise<FaultRun> {
  const { seed, batches: count, rowsPerBatch } = options;
  const random = seeded(seed);
  const database = await engine.migrateNew(RUN_CONFIG.streams, await runMigrations());
  const alterStreams = async (change: string) => {
    for (const stream of RUN_STREAMS) await command(engine, `ALTER TABLE ${database}.${stream} ${change}`);
  };
  // What validation cannot know of.
  await alterStreams(`ADD CONSTRAINT wanted CHECK path != '/unwanted'`);
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-fault-run-'));
  const { url } = engine.account;
  const secretFile = join(folder, 'secret.json');
  let [account, formerAccount] = [engine.account, engine.otherAccount];
  await writeSecret(secretFile, account);
  const replayAccess = await startFaultProxy(url);
  const proxiesOfContainers = await Promise.all(Array.from({ length: CONTAINERS }, () => startFaultProxy(url)));
  const proxies = [replayAccess, ...proxiesOfContainers];

  let clockOffsetMs = 0;
  const clock = () => Date.now() + clockOffsetMs;
  const secret = fileSecret(secretFile, replayAccess.url);
  const store = createClickHouseBatchStore({ database, writer: secret, inspector: secret });
  const deadLetterDir = join(folder, 'dead-letters');
  const deliver: Replay = (event) => replay(event);
  const queue = createReplayQueue({ deliver, deadLetterDir, say: () => undefined, clock, mostReceives: 10_000 });
  const files = await openFileBatchSpool(join(folder, 'objects'), queue.send);
  const kept = new Map<string, Buffer>();
  let spoolFaults = 0;
  const spool = faultySpool(files, {
    fails: () => spoolFaults > 0 && spoolFaults-- > 0,
    onCreate: (name, bytes) => kept.size < REPLAYED_LATE && name.startsWith(SPOOL_PREFIX) && kept.set(name, bytes),
  });
  const replay = createReplay({
    config: RUN_CONFIG,
    store,
    spool,
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    clock,
    queue,
    random: () => 0,
    mostBackoffSeconds: 1,
    audit: () => undefined,
    telemetry: { count: () => undefined, warn: () => undefined },
  });

  const start = (proxy: FaultProxy) => startIngestProcess(database, proxy.url, secretFile, spool);
  const open = async (proxy: FaultProxy): Promise<Container> => ({
    proxy,
    process: await start(proxy),
    starting: undefined,
  });
  const containers = await Promise.all(proxiesOfContainers.map(open));
  const close = async () => {
    await underWay.catch(() => undefined);
    await Promise.allSettled(containers.map(({ starting }) => starting));
    for (const container of containers) await container.process.kill();
    await queue.close();
    await store.close();
    for (const proxy of proxies) await proxy.close();
    await rm(folder, { recursive: true, force: true });
  };
  const statuses: Record<number, number> = {};
  const faults: Record<string, number> = {};
  const shapes: Record<string, number> = {};
  let underWay: Promise<unknown> = Promise.resolve();
  const crowds: Promise<unknown>[] = [];

  async function attempt(batch: RunBatch): Promise<number> {
    const container = containers[Math.floor(random() * containers.length)];
    await container?.starting;
    const status = await container?.process.send(batch).then(
      (answer) => answer.status,
      () => 0,
    );
    statuses[status ?? 0] = (statuses[status ?? 0] ?? 0) + 1;
    return status ?? 0;
  }

  async function sendUntilTaken(batch: RunBatch): Promise<void> {
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
      const status = await attempt(batch);
      if (status === 200 || status === 202) return;
      if (status !== 503 && status !== 0) throw new Error(`a good sender was answered ${status}, seed ${seed}`);
      await setTimeout(RESEND_MS);
    }
    throw new Error(`a batch was not taken in ${MOST_ATTEMPTS} attempts, seed ${seed}`);
  }

  /** Engine, parts and containers fail one after another: each needs the other ones to end. */
  function strike(fault: RandomFault, batch: RunBatch): void {
    const name = fault.kind === 'statement' ? fault.statement.name : fault.name;
    faults[name] = (faults[name] ?? 0) + 1;
    switch (fault.kind) {
      case 'statement':
        setOn(proxyFor(fault.statement), fault.statement);
        return;
      case 'spool':
        spoolFaults += fault.times;
        return;
      case 'crowd':
        crowds.push(Promise.all(Array.from({ length: fault.times }, () => attempt(batch))));
        return;
      case 'engine':
        also(async () => {
          // Amid whatever it is doing: inserts are not begun, half done, or done and not answered.
          await engine.kill();
          await setTimeout(fault.awayMs);
          await engine.startAgain();
        });
        return;
      case 'parts':
        also(async () => {
          await alterStreams(`MODIFY SETTING ${FEW_PARTS}`);
          await setTimeout(fault.forMs);
          await alterStreams(`RESET SETTING ${PART_SETTINGS}`);
        });
        return;
      case 'password':
        also(async () => {
          [account, formerAccount] = [formerAccount, account];
          await writeSecret(secretFile, account);
          for (const proxy of proxies) proxy.refuse(formerAccount.user);
        });
        return;
      case 'container': {
        const container = containers[Math.floor(random() * containers.length)];
        if (container !== undefined) killAtInsert(container);
      }
    }
  }

  /** What is under way fails the run when it is awaited, and not before. */
  function also(work: () => Promise<unknown>): void {
    underWay = underWay.then(work);
    underWay.catch(() => undefined);
  }

  /** A ClickHouse that blames rows for nothing is believed by replay: what is made up about rows, only ingest is told. */
  function proxyFor({ blamesRows }: StatementFault): FaultProxy {
    const among = blamesRows ? proxiesOfContainers : proxies;
    return among[Math.floor(random() * among.length)] ?? replayAccess;
  }

  function killAtInsert(container: Container): void {
    container.proxy.set(STREAM_INSERT, async (forward) => {
      container.proxy.clear();
      await forward();
      container.starting = container.process.kill().then(async () => {
        container.process = await start(container.proxy);
      });
      return 'reset';
    });
  }

  const nextFault = dealFaults(random);
  let expected: Expected = { good: 0, sumOfBytes: 0, bad: 0 };
  let next = 0;
  const sender = async () => {
    for (let index = next++; index < count; index = next++) {
      const batch = makeRunBatch(seed, index, rowsPerBatch);
      expected = addUp(expected, batch);
      shapes[batch.shape] = (shapes[batch.shape] ?? 0) + 1;
      if (index % BATCHES_PER_FAULT === 0) strike(nextFault(), batch);
      await sendUntilTaken(batch);
      await setTimeout(random() * LONGEST_GAP_MS);
    }
  };
  try {
    await Promise.all(Array.from({ length: SENDERS }, sender));
    await Promise.all([underWay, ...crowds]);
    for (const proxy of proxies) proxy.clear();
    spoolFaults = 0;
    // A container that died may have put an object without living to see it announced; S3 would have done that by itself.
    queue.resend(await files.list(SPOOL_PREFIX));
    await queue.drained();

    // What was given up in good time must not arrive when its token is forgotten: the window is hours, an insert is seconds.
    for (const proxy of proxies) await proxy.settled();
    const late = [...kept];
    await forgetTokens(engine, database);
    clockOffsetMs = LATE_MS;
    for (const [name, bytes] of late) await files.create(name, bytes, AbortSignal.timeout(10_000));
    await queue.drained();

    const left = { spooled: await files.list(SPOOL_PREFIX), dead: (await readdir(deadLetterDir)).length };
    return { database, expected, shapes, statuses, faults, left, replayedLate: late.length };
  } finally {
    await close();
  }
}

/** Later than any deduplication window is counted on. */
const LATE_MS = 2 * 3_600_000;

const PART_SETTINGS = 'parts_to_throw_insert, parts_to_delay_insert';
const FEW_PARTS = 'parts_to_throw_insert = 1, parts_to_delay_insert = 1';

/** For its number of statements, then the way is free again. */
function setOn(proxy: FaultProxy, { match, fault, times }: StatementFault): void {
  let left = times;
  proxy.set(match, (forward) => {
    if (left-- > 0) return fault(forward);
    if (left < 0) proxy.clear();
    return forward();
  });
}

async function forgetTokens(engine: TestDatabase, database: string): Promise<void> {
  for (const table of [...RUN_STREAMS, 'quarantine', '_batches']) {
    const settings = 'non_replicated_deduplication_window = 0';
    await command(engine, `ALTER TABLE ${database}.${table} MODIFY SETTING ${settings}`);
  }
}

async function command({ admin }: TestDatabase, query: string): Promise<void> {
  await admin.command({ query });
}
