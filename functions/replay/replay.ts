import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { StoreError } from '../ingest/batch-store.ts';
import { type ContractCache, createContractCache } from '../ingest/contract-cache.ts';
import { restColumnsOf } from '../ingest/rest-columns.ts';
import type { Audit, ReplayAudit } from '../shared/audit.ts';
import { describeFault } from '../shared/describe-fault.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { backoffSeconds } from './backoff.ts';
import { readNotification } from './read-notification.ts';
import { type ReplayDependencies, type ReplayOutcome, replayBatch } from './replay-batch.ts';
import type { ReplayQueue } from './replay-queue.ts';

export interface ReplayHandlerDependencies extends ReplayDependencies {
  readonly queue: ReplayQueue;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Longest time between two attempts at one batch. @default 900 */
  readonly mostBackoffSeconds?: number;
}

export type Replay = (event: SQSEvent) => Promise<SQSBatchResponse>;

/**
 * Replays the spooled batches that a delivery of the queue names, side by side. What cannot be stored yet stays in the queue, and
 * comes again later and later; what never can goes among the dead letters. The rest is done (partial batch response).
 */
export function createReplay(deps: ReplayHandlerDependencies): Replay {
  return async ({ Records }) => {
    // One a delivery: a table that changed since is then written as it is now, not as it was a minute ago.
    const contracts = createContractCache(deps.store, deps.clock, restColumnsOf(deps.config.streams));
    const replayed = await Promise.all(
      Records.map(async (record) => {
        const outcome = await replayRecord(record, contracts, deps);
        return { outcome, messageId: record.messageId, stays: await settle(record, outcome, deps) };
      }),
    );
    warnOfWaiting(
      replayed.map(({ outcome }) => outcome),
      deps.telemetry,
    );
    return {
      batchItemFailures: replayed.flatMap(({ stays, messageId }) => (stays ? [{ itemIdentifier: messageId }] : [])),
    };
  };
}

async function replayRecord(
  record: SQSRecord,
  contracts: ContractCache,
  deps: ReplayHandlerDependencies,
): Promise<ReplayOutcome> {
  const notification = readNotification(record.body);
  switch (notification.kind) {
    case 'test':
      return { kind: 'gone' };
    case 'malformed': {
      const outcome: ReplayOutcome = { kind: 'dead', envelope: undefined, reason: 'MESSAGE_MALFORMED' };
      observe(record, '', outcome, deps);
      return outcome;
    }
    case 'object': {
      const outcome = await replayBatch(notification.name, attemptId(record), contracts, deps);
      observe(record, notification.name, outcome, deps);
      return outcome;
    }
  }
}

/** Once for all: in an outage every waiting batch has the same reason. */
function warnOfWaiting(outcomes: readonly ReplayOutcome[], telemetry: Telemetry): void {
  const faults = outcomes.flatMap((outcome) => (outcome.kind === 'waiting' ? [outcome.fault] : []));
  if (faults.length > 0) {
    telemetry.warn('Spooled batches have to wait', { batches: faults.length, ...describeFault(faults[0]) });
  }
}

/** @returns whether the message stays in the queue */
async function settle(record: SQSRecord, outcome: ReplayOutcome, deps: ReplayHandlerDependencies): Promise<boolean> {
  try {
    switch (outcome.kind) {
      case 'stored':
      case 'gone':
        return false;
      case 'waiting':
        await deps.queue.postpone(
          record.receiptHandle,
          backoffSeconds(receives(record), deps.mostBackoffSeconds ?? 900, deps.random()),
        );
        return true;
      case 'dead':
        await deps.queue.bury(record.body, outcome.reason);
        return false;
    }
  } catch (error) {
    // The message becomes visible again by itself.
    deps.telemetry.warn('The replay queue did not answer', describeFault(error));
    return true;
  }
}

function observe(record: SQSRecord, object: string, outcome: ReplayOutcome, deps: ReplayHandlerDependencies): void {
  const { audit, telemetry } = deps;
  const line = auditLine(record, object, outcome, deps);
  audit(line);
  const dimensions = {
    stream: line.stream !== undefined && Object.hasOwn(deps.config.streams, line.stream) ? line.stream : 'unknown',
  };
  const about = { object, stream: line.stream, receives: line.receives };
  switch (outcome.kind) {
    case 'gone':
      return;
    case 'stored':
      telemetry.count('BatchesReplayed', 1, dimensions);
      if (outcome.accepted > 0) telemetry.count('RowsStored', outcome.accepted, dimensions);
      if (outcome.refused > 0) telemetry.count('RowsQuarantined', outcome.refused, dimensions);
      if (outcome.missed.length > 0) {
        telemetry.count('RowsMissedByValidation', outcome.missed.length, dimensions);
        telemetry.warn('ClickHouse refused rows that validation had taken', {
          rows: outcome.missed.length,
          clickhouseCode: line.clickhouseCode,
          ...about,
        });
      }
      return;
    case 'waiting':
      telemetry.count('ReplaysPostponed', 1, dimensions);
      return;
    case 'dead':
      telemetry.count('BatchesBuried', 1, { ...dimensions, code: outcome.reason });
      telemetry.warn('A spooled batch waits for a person', {
        ...(outcome.fault === undefined ? { code: outcome.reason } : describeFault(outcome.fault)),
        ...about,
      });
  }
}

function auditLine(
  record: SQSRecord,
  object: string,
  outcome: ReplayOutcome,
  { clock, config }: ReplayHandlerDependencies,
): ReplayAudit {
  const envelope = outcome.kind === 'gone' ? undefined : outcome.envelope;
  const fault = outcome.kind === 'waiting' ? outcome.fault : undefined;
  const missed = outcome.kind === 'stored' ? outcome.missed : [];
  const clickhouseCode = fault instanceof StoreError ? fault.clickhouseCode : missed[0]?.clickhouseCode;
  return {
    audit: 'replay',
    time: new Date(clock()).toISOString(),
    requestId: attemptId(record),
    outcome: outcome.kind,
    object,
    receives: receives(record),
    policyHash: config.policyHash,
    ...(outcome.kind === 'dead' ? { code: outcome.reason } : {}),
    ...(outcome.kind === 'stored' ? { rowsStored: outcome.accepted, rowsRefused: outcome.refused } : {}),
    ...(missed.length > 0 ? { rowsMissed: missed.length } : {}),
    ...(clickhouseCode === undefined ? {} : { clickhouseCode }),
    ...(envelope === undefined
      ? {}
      : {
          principal: String(envelope.stamp._principal),
          stream: envelope.stream,
          source: String(envelope.stamp._source),
          batchId: String(envelope.stamp._batch_id),
          digest: String(envelope.stamp._batch_digest),
          spooledBy: envelope.attempt.requestId,
          ageSeconds: Math.round((clock() - Date.parse(String(envelope.stamp._received_at))) / 1000),
        }),
  };
}

/** ClickHouse refuses a query id that runs already, and a message may be delivered twice. */
function attemptId(record: SQSRecord): string {
  return `${record.messageId}.${receives(record)}`;
}

function receives({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount);
}
