import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { BatchAudit } from '../shared/audit.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { StoreError } from './batch-store.ts';
import { ContractUnusableError } from './contract.ts';
import type { IngestDependencies } from './ingest.ts';
import type { IngestEvent, IngestState } from './ingest-state.ts';
import { asRefusal } from './problem.ts';
import { NotKeptError } from './store-or-spool.ts';

type Observer = MiddlewareObj<IngestEvent, APIGatewayProxyStructuredResultV2, Error, Context, IngestState>;
type Observed = Pick<IngestDependencies, 'config' | 'region' | 'clock' | 'audit' | 'telemetry'>;

/** One audit line and the metrics for every request, whatever became of it. Used first, it runs after everything else. */
export function observeOutcome({ config, region, clock, audit, telemetry }: Observed): Observer {
  function observe(event: IngestEvent, state: Partial<IngestState>, error: unknown): void {
    const line = auditLine(event, state, error, region, config.policyHash, clock());
    audit(line);
    const { stream } = Object.hasOwn(config.streams, line.stream) ? line : { stream: 'unknown' };
    if (line.rowsStored) telemetry.count('RowsStored', line.rowsStored, { stream });
    if (line.rowsRefused) telemetry.count('RowsQuarantined', line.rowsRefused, { stream });
    // A refusal is quick and says nothing of the way into the database.
    if (line.outcome !== 'refused') telemetry.count('BatchLatency', line.latencyMs, { stream });
    const about = { requestId: line.requestId, stream };
    if (state.outcome?.kind === 'spooled') {
      telemetry.count('BatchesSpooled', 1, { stream });
      if (state.outcome.fault instanceof ContractUnusableError) telemetry.count('ContractUnusable', 1, { stream });
      telemetry.warn('A batch was spooled', { ...describeFault(state.outcome.fault), ...about });
    } else if (line.outcome === 'unavailable') {
      telemetry.count('BatchesUnavailable', 1, { stream });
      telemetry.warn('A batch could not be stored', { ...describeFault(error), ...about });
    } else if (line.code === undefined) telemetry.count('BatchesStored', 1, { stream });
    else telemetry.count('BatchesRefused', 1, { stream, code: line.code });
  }
  return {
    after: ({ event, internal }) => observe(event, internal, undefined),
    onError: ({ event, internal, error }) => observe(event, internal, error),
  };
}

function auditLine(
  event: IngestEvent,
  state: Partial<IngestState>,
  error: unknown,
  region: string,
  policyHash: string,
  now: number,
): BatchAudit {
  const refusal = error === undefined ? undefined : asRefusal(error);
  const startedAt = state.startedAt ?? now;
  const kept = state.outcome;
  const outcome = refusal === undefined ? (kept?.kind ?? 'stored') : (OUTCOMES[refusal.code] ?? 'refused');
  const stored = kept?.kind === 'stored' ? kept : undefined;
  const fault = kept?.kind === 'spooled' ? kept.fault : error instanceof NotKeptError ? error.fault : undefined;
  return {
    audit: 'batch',
    time: new Date(now).toISOString(),
    requestId: event.requestContext.requestId,
    decision: outcome === 'refused' ? 'deny' : outcome === 'unavailable' ? 'error' : 'allow',
    status: refusal?.status ?? (outcome === 'spooled' ? 202 : 200),
    outcome,
    ...defined({ code: refusal?.code, rule: refusal?.rule ?? state.decision?.rule }),
    policyHash,
    identity: state.identity ?? {},
    stream: state.stream ?? '',
    region,
    latencyMs: now - startedAt,
    ...defined({
      source: state.headers?.source,
      batchId: state.headers?.batchId,
      digest: state.headers?.contentDigest,
      rowsDeclared: state.headers?.rows,
      rowsStored: stored?.accepted,
      rowsRefused: stored?.refused.length,
      bytes: state.sentBytes,
      queryIds: stored?.queryIds,
      clickhouseCode: fault instanceof StoreError ? fault.clickhouseCode : undefined,
    }),
  };
}

const OUTCOMES: Readonly<Record<string, BatchAudit['outcome']>> = {
  ROWS_REFUSED: 'quarantined',
  UNAVAILABLE: 'unavailable',
};

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
