// Ingest in a process of its own, as a container of Lambda is: started by start-ingest-process.ts, and ended with it.

import { randomUUID } from 'node:crypto';
import { createBreaker } from '../../../functions/ingest/breaker.ts';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { guardStore } from '../../../functions/ingest/guard-store.ts';
import { createIngest, type Ingest } from '../../../functions/ingest/ingest.ts';
import type { IngestEvent } from '../../../functions/ingest/ingest-state.ts';
import { type BatchSpool, SpoolError } from '../../../functions/shared/batch-spool.ts';
import { lambdaContext } from '../../../local/gateway/lambda-context.ts';
import { RUN_CONFIG } from './fault-run-tables.ts';
import { fileSecret } from './file-secret.ts';
import { patientConfig } from './patient-config.ts';
import { SIGNING_MASTER } from './signed-batch.ts';
import { SPOOL_KEYS } from './start-pipeline.ts';

/** What the process is told. */
export type IngestOrder =
  | { readonly kind: 'open'; readonly database: string; readonly url: string; readonly secretFile: string }
  | { readonly kind: 'send'; readonly id: number; readonly event: IngestEvent }
  | { readonly kind: 'spooled'; readonly id: number; readonly answer: SpoolAnswer };

/** What the process says: that it is ready, what it answers its caller, or what it asks of the spool, which is elsewhere. */
export type IngestWord =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly status: number; readonly body: string }
  | { readonly kind: 'spool'; readonly id: number; readonly ask: SpoolAsk };

export type SpoolAsk =
  | { readonly step: 'create' | 'replace'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly step: 'read' | 'remove'; readonly name: string };

export type SpoolAnswer =
  | { readonly kind: 'done'; readonly created?: 'created' | 'exists'; readonly bytes?: Uint8Array }
  | { readonly kind: 'failed' };

/** So many times faster goes the clock of the breaker: a pause of five seconds takes a tenth of one. */
const BREAKER_HASTE = 50;
const PATIENCE_MS = 3_000;
const LAMBDA_TIMEOUT_MS = 15_000;

const asked = new Map<number, (answer: SpoolAnswer) => void>();
let questions = 0;
let ingest: Ingest | undefined;

function say(word: IngestWord): void {
  process.send?.(word);
}

function askSpool(ask: SpoolAsk): Promise<Extract<SpoolAnswer, { kind: 'done' }>> {
  return new Promise((resolve, reject) => {
    const id = ++questions;
    asked.set(id, (answer) => {
      asked.delete(id);
      if (answer.kind === 'done') resolve(answer);
      else reject(new SpoolError('A step that a test lets fail'));
    });
    say({ kind: 'spool', id, ask });
  });
}

const spool: BatchSpool = {
  create: async (name, bytes) => (await askSpool({ step: 'create', name, bytes })).created ?? 'exists',
  replace: async (name, bytes) => void (await askSpool({ step: 'replace', name, bytes })),
  async read(name) {
    const { bytes } = await askSpool({ step: 'read', name });
    return bytes === undefined ? undefined : Buffer.from(bytes);
  },
  remove: async (name) => void (await askSpool({ step: 'remove', name })),
};

function open(database: string, url: string, secretFile: string): Ingest {
  const account = fileSecret(secretFile, url);
  const store = guardStore(
    createClickHouseBatchStore({ database, writer: account, inspector: account }),
    createBreaker(() => Date.now() * BREAKER_HASTE),
  );
  return createIngest({
    store,
    contracts: createContractCache(store, Date.now),
    spool,
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    config: patientConfig(RUN_CONFIG, PATIENCE_MS),
    region: 'us-east-1',
    signingMaster: { get: async () => [SIGNING_MASTER], expire: () => undefined },
    principalKeys: new Map(),
    clock: Date.now,
    audit: () => undefined,
    telemetry: { count: () => undefined, warn: () => undefined },
  });
}

async function obey(order: IngestOrder): Promise<void> {
  switch (order.kind) {
    case 'open':
      ingest = open(order.database, order.url, order.secretFile);
      return say({ kind: 'ready' });
    case 'spooled':
      return asked.get(order.id)?.(order.answer);
    case 'send': {
      const { statusCode = 0, body = '' } =
        (await ingest?.(order.event, lambdaContext(randomUUID(), Date.now() + LAMBDA_TIMEOUT_MS, Date.now))) ?? {};
      return say({ kind: 'answer', id: order.id, status: statusCode, body });
    }
  }
}

process.on('message', (order: IngestOrder) => void obey(order));
process.on('disconnect', () => process.exit(0));
