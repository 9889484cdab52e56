import { gzipSync } from 'node:zlib';
import { parseConfig } from '../../../../config/parse-config.ts';
import type { BatchInsert, ColumnDescription } from '../../../../functions/ingest/batch-store.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { createIngest, type IngestDependencies } from '../../../../functions/ingest/ingest.ts';
import type { IngestEvent } from '../../../../functions/ingest/ingest-state.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import { deriveBatchKey } from '../../../../functions/shared/batch-key.ts';
import { batchRequest } from '../../../../functions/shared/batch-request.ts';
import { authorizedEvent } from '../../../../local/gateway/gateway-events.ts';
import { lambdaContext } from '../../../../local/gateway/lambda-context.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { TABLE } from './stream-contract.ts';

export const NOW = 1_800_000_000;
export const TOKEN = 'tokenpart1.tokenpart2.tokenpart3';
const MASTER = { version: 1, key: Buffer.alloc(32, 1) };
export const KEY = deriveBatchKey(MASTER, TOKEN);
const CONFIG = parseConfig({
  streams: { hits: {} },
  principals: { web: { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] } },
});
const IDENTITY = {
  principal: 'web',
  auth: 'token',
  iss: 'i',
  sub: 'ew:1',
  clientId: 'c',
  jti: 'j',
  kid: 'k',
  exp: NOW + 60,
} as const;
export const GOOD = '{"name":"canary-good"}';
export const BAD = '{"name":"a","status":"canary-bad"}';

export interface Sending {
  readonly rows?: readonly string[];
  readonly declared?: number;
  readonly source?: string;
  readonly stream?: string;
  readonly gzip?: boolean;
  /** @default application/x-ndjson */
  readonly contentType?: string;
  readonly change?: (event: IngestEvent) => IngestEvent;
}

/** The gateway's event for a signed batch. */
export function eventOf({
  rows = [GOOD],
  declared = rows.length,
  source = 'ew/1/1.0.0',
  stream = 'hits',
  gzip = false,
  contentType = 'application/x-ndjson',
  change,
}: Sending) {
  const text = rows.join('\n');
  const request = batchRequest({
    stream,
    body: gzip ? gzipSync(text) : Buffer.from(text),
    contentType,
    contentEncoding: gzip ? 'gzip' : undefined,
    rows: declared,
    batchId: '01930000-0000-7000-8000-000000000001',
    source,
    token: TOKEN,
    ...KEY,
    nowSeconds: NOW,
  });
  const { path, headers, body } = request;
  const parsed = {
    method: 'POST',
    path,
    rawQueryString: '',
    query: {},
    cookies: [],
    headers,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    body,
  };
  const facts = {
    requestId: 'r1',
    routeKey: 'POST /v1/streams/{stream}/batches',
    parameters: { stream },
    timeEpoch: 0,
  };
  const event = authorizedEvent(parsed, facts, IDENTITY);
  return change === undefined ? event : change(event);
}

export const SPOOL_KEYS = [{ version: 1, key: Buffer.alloc(32, 2) }] as const;

/** Throws where ClickHouse or the spool is to fail. */
interface Faults {
  readonly insert?: (insert: BatchInsert) => void;
  readonly describe?: () => void;
  /** What the stream's table is instead. */
  readonly table?: readonly ColumnDescription[];
  readonly spool?: () => void;
}

type Instead = Partial<Pick<IngestDependencies, 'audit' | 'telemetry' | 'config' | 'clock'>>;

/** One container of ingest over a recording store and a spool in memory. @param instead of what is returned, or of the rig's own */
export function openIngest(faults: Faults = {}, { objects, spool } = memoryBatchSpool(), instead: Instead = {}) {
  const inserts: BatchInsert[] = [];
  const lines: AuditLine[] = [];
  const warnings: unknown[] = [];
  const metrics: unknown[] = [];
  const store = {
    describe: async () => {
      faults.describe?.();
      return faults.table ?? TABLE;
    },
    insert: async (insert: BatchInsert) => {
      faults.insert?.(insert);
      inserts.push(insert);
    },
  };
  const clock = () => NOW * 1_000;
  const ingest = createIngest({
    config: CONFIG,
    region: 'us-east-1',
    signingMaster: { get: async () => [MASTER], expire: () => undefined },
    principalKeys: new Map(),
    store,
    contracts: createContractCache(store, clock),
    spool: {
      ...spool,
      create: async (...object) => {
        faults.spool?.();
        return spool.create(...object);
      },
    },
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    clock,
    audit: (line) => lines.push(line),
    telemetry: {
      count: (...metric) => void metrics.push(metric),
      warn: (message, fields) => warnings.push([message, fields]),
    },
    ...instead,
  });
  return {
    inserts,
    lines,
    warnings,
    metrics,
    objects,
    send: async (sending: Sending = {}) => {
      const answer = await ingest(eventOf(sending), CONTEXT);
      return { answer, body: JSON.parse(answer.body ?? '') };
    },
  };
}

/** Sends one batch to a container of its own. */
export async function send(sending: Sending = {}, ...container: Parameters<typeof openIngest>) {
  const { send: sendHere, ...seen } = openIngest(...container);
  return { ...(await sendHere(sending)), ...seen };
}

/** Time stands still in it. */
const CONTEXT = lambdaContext('r1', 10_000, () => 0);
