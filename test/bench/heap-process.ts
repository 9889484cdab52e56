import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { AdminAccount } from '../../clickhouse/admin-client.ts';
import type { IngestEvent } from '../../functions/ingest/ingest-state.ts';
import { createHandWrittenInsert } from './baseline/hand-written-insert.ts';
import { batchEvent } from './batch-event.ts';
import { type BenchBatch, benchBatch } from './bench-batch.ts';
import { benchConfig } from './bench-config.ts';
import { type BodyFormat, DATA_SETS } from './data-sets.ts';
import { ingestBatch } from './measure-ingest.ts';
import { startIngest } from './start-ingest.ts';

/** What a process is to measure: one batch, through ingest or through the hand-written insert. */
export interface HeapOrder {
  readonly account: AdminAccount;
  readonly stream: string;
  readonly format: BodyFormat;
  readonly rows: number;
  readonly side: 'ingest' | 'hand-written';
}

/** Bytes. */
export interface HeapReport {
  /** The heap and what belongs to it outside (buffers), at its fullest between the event and the answer. */
  readonly peak: number;
  /** The same before the event is there. */
  readonly idle: number;
  readonly body: number;
}

/** Batches before the one that counts: a container that has compiled and connected. */
const WARM_UPS = 5;
const WARM_UP_ROWS = 100;

process.once('message', async (order: HeapOrder) => {
  process.send?.(await measure(order));
  process.disconnect();
});

async function measure(order: HeapOrder): Promise<HeapReport> {
  const dataSet = DATA_SETS.find(({ stream }) => stream === order.stream);
  if (dataSet === undefined) throw new RangeError(`There is no data set ${order.stream}`);
  const side = order.side === 'ingest' ? openIngest(order.account) : openHandWritten(order);
  const small = benchBatch(dataSet, order.format, WARM_UP_ROWS);
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await side.run(side.event(small), small);
  collectGarbage();
  const idle = usedBytes();
  // Of all that made it only the event stays, and it counts.
  const { event, body, ...shape } = makeEvent(side, benchBatch(dataSet, order.format, order.rows));
  collectGarbage();
  const profiler = new GCProfiler();
  profiler.start();
  await side.run(event, shape);
  const last = usedBytes();
  const collections = profiler.stop()?.statistics ?? [];
  await side.close();
  // Between two collections memory only grows: it is fullest right before one, or at the end.
  const fullest = collections.map(({ beforeGC: { heapStatistics } }) => {
    return heapStatistics.usedHeapSize + heapStatistics.externalMemory;
  });
  return { peak: Math.max(last, ...fullest), idle, body };
}

interface Side {
  event(batch: BenchBatch): IngestEvent;
  run(event: IngestEvent, shape: Pick<BenchBatch, 'rows' | 'format'>): Promise<unknown>;
  close(): Promise<void>;
}

function openIngest(account: AdminAccount): Side {
  const { ingest, sender, close } = startIngest(account);
  return {
    event: (batch) => batchEvent(sender, batch.dataSet.stream, batch.body, batch.format, batch.rows),
    run: (event, shape) => ingestBatch(ingest, event, shape),
    close,
  };
}

function openHandWritten({ account, stream: table }: HeapOrder): Side {
  const { url, user: username, password } = account;
  const { database } = benchConfig.clickhouse;
  const { insert, close } = createHandWrittenInsert({ url, username, password, database, table });
  const { event, close: closeIngest } = openIngest(account);
  return { event, run: insert, close: () => Promise.all([close(), closeIngest()]).then(() => undefined) };
}

function makeEvent(side: Side, batch: BenchBatch) {
  // Parsed from JSON, as Lambda's runtime does: a text that was decoded from bytes can take twice as much.
  const event: IngestEvent = JSON.parse(JSON.stringify(side.event(batch)));
  return { event, body: batch.textBytes, rows: batch.rows, format: batch.format };
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new TypeError('This process needs --expose-gc');
  globalThis.gc();
}
