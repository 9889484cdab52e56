import type { Context } from 'aws-lambda';
import { StoreError } from '../../../functions/ingest/batch-store.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import { deriveBatchKey } from '../../../functions/shared/batch-key.ts';
import { batchRequest } from '../../../functions/shared/batch-request.ts';
import { SpoolError } from '../../../functions/shared/batch-spool.ts';
import { createPowertoolsTelemetry } from '../../../functions/shared/powertools-telemetry.ts';
import { authorizedEvent } from '../../../local/gateway/gateway-events.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { recordingStore } from '../../unit/functions/replay/recording-store.ts';
import { configWith } from '../../unit/functions/replay/replay-rig.ts';
import { SPOOL_KEYS } from '../../unit/functions/replay/spooled-batch.ts';

const NOW = 1_800_000_000;
const TOKEN = 'tokenpart1.tokenpart2.tokenpart3';
const MASTER = { version: 1, key: Buffer.alloc(32, 1) };
const ROWS = ['{"name":"good"}', '{"name":"a","status":"bad"}'];

type Fault = 'none' | 'clickhouse' | 'clickhouse and spool';

/** Ingest with the telemetry of its handler: a batch stored in part, one spooled, one kept nowhere, and one refused. */
export async function driveIngest(): Promise<void> {
  for (const fault of ['none', 'clickhouse', 'clickhouse and spool'] as const) await send(fault, 'ew/1/1.0.0');
  await send('none', 'ew/2/1.0.0');
}

async function send(fault: Fault, source: string): Promise<void> {
  const { spool } = memoryBatchSpool();
  const { store } = recordingStore({
    insert: () => {
      if (fault !== 'none') throw new StoreError('INSERT', 241);
    },
  });
  const clock = () => NOW * 1_000;
  const ingest = createIngest({
    config: configWith(),
    region: 'us-east-1',
    signingMaster: { get: async () => [MASTER], expire: () => undefined },
    store,
    contracts: createContractCache(store, clock),
    spool: {
      ...spool,
      create: async (...object) => {
        if (fault === 'clickhouse and spool') throw new SpoolError('PutObject');
        return spool.create(...object);
      },
    },
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    clock,
    ...createPowertoolsTelemetry('ingest'),
  });
  await ingest(eventFrom(source), CONTEXT);
}

function eventFrom(source: string) {
  const { path, headers, body } = batchRequest({
    stream: 'hits',
    body: Buffer.from(ROWS.join('\n')),
    contentType: 'application/x-ndjson',
    contentEncoding: undefined,
    rows: ROWS.length,
    batchId: '01930000-0000-7000-8000-000000000001',
    source,
    token: TOKEN,
    ...deriveBatchKey(MASTER, TOKEN),
    nowSeconds: NOW,
  });
  return authorizedEvent(
    {
      method: 'POST',
      path,
      rawQueryString: '',
      query: {},
      cookies: [],
      headers,
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      body,
    },
    {
      requestId: 'r1',
      routeKey: 'POST /v1/streams/{stream}/batches',
      parameters: { stream: 'hits' },
      timeEpoch: 0,
    },
    { principal: 'web', auth: 'token', iss: 'i', sub: 'ew:1', clientId: 'c', jti: 'j', kid: 'k', exp: NOW + 60 },
  );
}

const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'ingest',
  functionVersion: '1',
  invokedFunctionArn: '',
  memoryLimitInMB: '1024',
  awsRequestId: 'r1',
  logGroupName: '',
  logStreamName: '',
  getRemainingTimeInMillis: () => 10_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};
