import type { MetricName } from '../../functions/shared/telemetry.ts';
import { type Alarm, type OwnMetric, tailLog, type Watched } from './alarm.ts';

/** Does each stream flow, is it fast, and does what flows fit its table? */
export function flowAlarms({ streams, logGroups: { authorizer, ingest } }: Watched): readonly Alarm[] {
  return [
    {
      name: 'sender-heartbeat',
      title: 'For 15 minutes no sender that is known has called.',
      signal: { kind: 'metric', metric: SENDERS, statistic: 'Sum' },
      // Short ones: how far beyond them CloudWatch looks for a good one is counted in periods.
      periodSeconds: 60,
      fires: 'below',
      threshold: 1,
      badPeriods: 15,
      ofPeriods: 15,
      missing: 'bad',
      cause: 'A property or EdgeWorker was deactivated, all are refused before ingest, or it is a quiet hour.',
      firstCommand: tailLog(authorizer, '30m', '{ $.audit = "identity" }'),
    },
    ...streams.flatMap((stream) => streamAlarms(stream, ingest)),
  ];
}

/** Not requests: a scanner that is refused is no sender. The authorizer sees each sender once a minute, the cache answers the rest. */
const SENDERS: OwnMetric = { source: 'own', name: 'IdentitiesAccepted', service: 'authorizer' };

function streamAlarms(stream: string, ingest: string): readonly Alarm[] {
  const own = (name: MetricName, service: 'ingest' | 'replay'): OwnMetric => ({
    source: 'own',
    name,
    service,
    dimensions: { stream },
  });
  const sum = (name: MetricName, service: 'ingest' | 'replay') =>
    ({ metric: own(name, service), statistic: 'Sum' }) as const;
  // What was stored at once, and what replay stored; each may have no data at all.
  const stored = 'FILL(storedNow, 0) + FILL(storedLater, 0)';
  const refused = 'FILL(refusedNow, 0) + FILL(refusedLater, 0)';
  return [
    {
      name: 'insert-heartbeat',
      member: stream,
      title: `For 15 minutes senders have called, and no batch of ${stream} was stored.`,
      signal: {
        kind: 'expression',
        expression: 'IF(FILL(senders, 0) > 0, FILL(stored, 0), 1)',
        metrics: {
          senders: { metric: SENDERS, statistic: 'Sum' },
          stored: sum('BatchesStored', 'ingest'),
        },
      },
      periodSeconds: 300,
      fires: 'below',
      threshold: 1,
      badPeriods: 3,
      ofPeriods: 3,
      missing: 'bad',
      cause: 'ClickHouse is away and all are spooled; all are refused; or only senders of other streams call.',
      firstCommand: tailLog(ingest, '30m', `{ $.audit = "batch" && $.stream = "${stream}" }`),
    },
    {
      name: 'ingest-latency',
      member: stream,
      title: `One batch of ${stream} in twenty takes longer than 1.5 s: ClickHouse is near the limit at which batches are spooled.`,
      signal: { kind: 'metric', metric: own('BatchLatency', 'ingest'), statistic: 'p95' },
      periodSeconds: 300,
      fires: 'above',
      threshold: 1_500,
      badPeriods: 3,
      ofPeriods: 5,
      missing: 'good',
      cause: 'ClickHouse is busy, waking up or far away; or secrets are read slowly after cold starts.',
      firstCommand: tailLog(ingest, '15m', `{ $.stream = "${stream}" && $.latencyMs > 1000 }`),
    },
    {
      name: 'unavailable-batches',
      member: stream,
      title: `Batches of ${stream} were answered 503: neither ClickHouse nor the spool took them.`,
      signal: { kind: 'metric', ...sum('BatchesUnavailable', 'ingest') },
      periodSeconds: 300,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: 'S3, KMS or Secrets Manager refuses or does not answer, while ClickHouse is away or not known yet.',
      firstCommand: tailLog(ingest, '15m', '"A batch could not be stored"'),
    },
    {
      name: 'contract-unusable',
      member: stream,
      title: `The table of ${stream} cannot be served: each batch is spooled without having been judged.`,
      signal: { kind: 'metric', ...sum('ContractUnusable', 'ingest') },
      periodSeconds: 300,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: 'A migration has yet to run, or brought a column that edgehouse cannot judge.',
      firstCommand: tailLog(ingest, '15m', '"CONTRACT_UNUSABLE"'),
    },
    {
      name: 'quarantine-ratio',
      member: stream,
      title: `More than 5 % of the rows of ${stream} do not fit its table.`,
      signal: {
        kind: 'expression',
        expression: `IF(${refused} + ${stored} >= 20, 100 * (${refused}) / (${refused} + ${stored}), 0)`,
        metrics: {
          refusedNow: sum('RowsQuarantined', 'ingest'),
          refusedLater: sum('RowsQuarantined', 'replay'),
          storedNow: sum('RowsStored', 'ingest'),
          storedLater: sum('RowsStored', 'replay'),
        },
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 5,
      badPeriods: 2,
      ofPeriods: 3,
      missing: 'good',
      cause: 'A sender changed its fields, or a migration changed the table.',
      firstCommand: tailLog(ingest, '30m', `{ $.stream = "${stream}" && $.rowsRefused > 0 }`),
    },
  ];
}
