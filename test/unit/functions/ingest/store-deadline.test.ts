import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createBreaker } from '../../../../functions/ingest/breaker.ts';
import {
  type ClosableBatchStore,
  createClickHouseBatchStore,
} from '../../../../functions/ingest/clickhouse-batch-store.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { createEarlierVerdicts } from '../../../../functions/ingest/earlier-verdicts.ts';
import { guardStore } from '../../../../functions/ingest/guard-store.ts';
import { type AdmittedBatch, storeOrSpool } from '../../../../functions/ingest/store-or-spool.ts';
import { listen } from '../../../../local/listen.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { admittedBatch, SPOOL_KEYS } from '../replay/spooled-batch.ts';
import { TABLE } from './stream-contract.ts';

/** What a ClickHouse does with a statement; `answers` takes every insert. */
type ClickHouse = (incoming: IncomingMessage, response: ServerResponse) => void;

const answers: ClickHouse = (incoming, response) => {
  const isInsert = (incoming.url ?? '').includes('insert_deduplication_token');
  response.end(isInsert ? '' : TABLE.map((column) => `${JSON.stringify(column)}\n`).join(''));
};
const hangs: ClickHouse = () => undefined;

let clickhouse: ClickHouse;
let statements: number;
let url: string;
let stores: ClosableBatchStore[];
let close: () => void;

beforeEach(async () => {
  [statements, stores, clickhouse] = [0, [], answers];
  const server = createServer((incoming, response) => {
    statements++;
    incoming.resume().once('end', () => clickhouse(incoming, response));
  });
  url = await listen(server, 0);
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(async () => {
  for (const store of stores) await store.close();
  close();
});

/** How long each secret takes to be read, in milliseconds. */
interface Delays {
  readonly clickhouse?: number;
  readonly spoolKey?: number;
}

/** One container with real clients, a spool in memory, and a secret store of any speed. */
function container(delays: Delays = {}) {
  const account = {
    get: () => later(delays.clickhouse, { url, username: 'writer', password: 'secret' }),
    expire: () => undefined,
  };
  const spoolKeys = { get: () => later(delays.spoolKey, SPOOL_KEYS), expire: () => undefined };
  const direct = createClickHouseBatchStore({ database: 'edgehouse', writer: account, inspector: account });
  stores.push(direct);
  const store = guardStore(direct, createBreaker(Date.now));
  const { objects, spool } = memoryBatchSpool();
  const contracts = createContractCache(store, Date.now);
  const earlier = createEarlierVerdicts({ spool, spoolKeys, clock: Date.now });
  return {
    objects,
    send(instead: Partial<AdmittedBatch> = {}) {
      const end = Date.now() + 15_000;
      const batch = { ...admittedBatch(), patienceMs: 300, remaining: () => end - Date.now(), ...instead };
      return storeOrSpool(batch, { store, contracts, spool, spoolKeys, earlier });
    },
  };
}

describe('a batch in front of a ClickHouse that hangs', () => {
  test('is spooled when its patience ends, also where a secret used most of that up', async () => {
    clickhouse = hangs;
    const { send, objects } = container({ clickhouse: 1_000 });

    const started = Date.now();
    const outcome = await send({ patienceMs: 1_500 });

    expect(outcome).toMatchObject({ kind: 'spooled', verdict: null, fault: { fault: 'silent' } });
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(objects.size).toBe(1);
  });

  test('does not even ask it where the secret takes longer: the next batch is not told that it is away', async () => {
    clickhouse = hangs;
    const { send, objects } = container({ clickhouse: 5_000 });

    const started = Date.now();
    const outcomes = [await send({ patienceMs: 50 }), await send({ patienceMs: 50 })];

    expect(outcomes).toMatchObject([
      { kind: 'spooled', fault: { code: 'OUT_OF_TIME' } },
      { kind: 'spooled', fault: { code: 'OUT_OF_TIME' } },
    ]);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect([statements, objects.size]).toEqual([0, 1]);
  });
});

test('a spool key that is read slowly keeps no batch from being stored, and is there when the batch has to be spooled', async () => {
  const { send, objects } = container({ spoolKey: 1_500 });

  const stored = await send({ patienceMs: 1_200 });
  clickhouse = hangs;
  const end = Date.now() + 2_500;
  const spooled = await send({ patienceMs: 1_000, remaining: () => end - Date.now() });

  expect([stored.kind, spooled.kind]).toEqual(['stored', 'spooled']);
  expect(objects.size).toBe(1);
});

test('a spool key that does not come at all is not waited for beyond the time of the request', async () => {
  clickhouse = hangs;
  const { send } = container({ spoolKey: 60_000 });
  const end = Date.now() + 1_500;

  const sent = send({ remaining: () => end - Date.now() });

  await expect(sent).rejects.toMatchObject({ code: 'NOT_KEPT', cause: { code: 'OUT_OF_TIME' } });
  expect(Date.now()).toBeLessThan(end + 1_000);
});

describe('judging', () => {
  test('takes no patience away: a batch that is heavy to judge is stored, and so is the next one', async () => {
    const { send } = container();
    const { rows } = admittedBatch();
    let heavyMs = 1_100;
    const heavy = {
      ...rows,
      rawOf: (row: number) => {
        block(heavyMs);
        heavyMs = 0;
        return rows.rawOf(row);
      },
    };

    const outcomes = [await send({ rows: heavy, patienceMs: 1_000 }), await send({ patienceMs: 1_000 })];

    expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored']);
  });

  test('that fails by a defect of ours is no sign of ClickHouse, and the batch is kept unjudged', async () => {
    const { send, objects } = container();
    const { rows } = admittedBatch();
    const defective = {
      ...rows,
      rawOf: () => {
        throw new RangeError('canary');
      },
    };

    const outcome = await send({ rows: defective });
    const next = await send();

    expect(outcome).toMatchObject({ kind: 'spooled', verdict: null, fault: { code: 'JUDGING_FAILED' } });
    expect(JSON.stringify(outcome) + String(Object(outcome).fault)).not.toContain('canary');
    expect([objects.size, next.kind]).toEqual([1, 'stored']);
  });
});

/** After so many milliseconds, without keeping the process from ending. */
function later<T>(ms: number | undefined, value: T): Promise<T> {
  return setTimeout(ms ?? 0, value, { ref: false });
}

/** Holds the thread without using it. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
