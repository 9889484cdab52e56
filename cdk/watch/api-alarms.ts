import { type Alarm, type AwsMetric, type Measured, type Statistic, tailLog, type Watched } from './alarm.ts';

/** Does the gateway answer, in time, and whom does it turn away? */
export function apiAlarms({ logGroups: { ingest }, accessLog }: Watched): readonly Alarm[] {
  return [
    {
      name: 'availability',
      title: 'More than 1 % of the requests get a 5xx, and five of them where there are few.',
      signal: {
        kind: 'expression',
        // Below 100 requests, one failure would be a percent; five are an outage, however few call.
        expression: 'IF(requests >= 100 || failures >= 5, 100 * failures / requests, 0)',
        metrics: { failures: api('5xx'), requests: api('Count') },
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 1,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: '503: neither ClickHouse nor the spool takes batches. 500: the authorizer cannot decide (see key-set).',
      firstCommand: tailLog(ingest, '15m', '{ $.status >= 500 }'),
    },
    {
      name: 'api-latency',
      title: 'One request in twenty takes longer than 3 s: EdgeWorkers give up and count the batch as lost.',
      signal: { kind: 'metric', ...api('Latency', 'p95') },
      periodSeconds: 300,
      fires: 'above',
      threshold: 3_000,
      badPeriods: 3,
      ofPeriods: 5,
      missing: 'good',
      cause: 'ClickHouse is slow and then the spool too, cold starts, or Lambda is throttled.',
      firstCommand: tailLog(ingest, '15m', '{ $.audit = "batch" && $.latencyMs > 1500 }'),
    },
    {
      name: 'integration-latency',
      title: 'One request in twenty waits longer than 2.5 s for the function ingest, its start included.',
      signal: { kind: 'metric', ...api('IntegrationLatency', 'p95') },
      periodSeconds: 300,
      fires: 'above',
      // Of the 3 s that an EdgeWorker waits, what the authorizer and the way there leave.
      threshold: 2_500,
      badPeriods: 3,
      ofPeriods: 5,
      missing: 'good',
      cause: 'ClickHouse and then the spool are slow, or cold starts. Without api-latency: no sender was hurt yet.',
      firstCommand: tailLog(accessLog, '15m', '{ $.integrationStatus = "200" }'),
    },
    {
      name: 'refused-share',
      title: 'More than 20 % of the requests are answered 401 or 403.',
      signal: {
        kind: 'expression',
        expression: 'IF(requests >= 100, 100 * FILL(refused, 0) / requests, 0)',
        metrics: {
          refused: { metric: { source: 'access-log', name: 'RequestsRefused' }, statistic: 'Sum' },
          requests: api('Count'),
        },
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 20,
      badPeriods: 2,
      ofPeriods: 3,
      missing: 'good',
      cause: '401: a caller without a token. 403: see refused-identities, or POLICY_DENIED in refused-batches.',
      firstCommand: tailLog(accessLog, '15m', '{ ($.status = "401") || ($.status = "403") }'),
    },
    {
      name: 'stage-throttles',
      title: 'The gateway turns requests away with 429: all senders together send more than the stage takes.',
      signal: {
        kind: 'metric',
        metric: { source: 'access-log', name: 'RequestsThrottled' },
        statistic: 'Sum',
      },
      periodSeconds: 60,
      fires: 'above',
      threshold: 0,
      badPeriods: 3,
      ofPeriods: 5,
      missing: 'good',
      cause: 'More traffic than peakInsertsPerSecond of the streams says, or a sender that repeats without waiting.',
      firstCommand: tailLog(accessLog, '15m', '{ $.status = "429" }'),
    },
  ];
}

function api(name: Extract<AwsMetric, { source: 'api' }>['name'], statistic: Statistic = 'Sum'): Measured {
  return { metric: { source: 'api', api: 'ingest', name }, statistic };
}
