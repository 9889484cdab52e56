import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alarm } from '../../cdk/watch/alarm.ts';
import { listAlarms } from '../../cdk/watch/alarms.ts';
import { certificatePrincipalsIn, serverCertificatesIn } from '../../cdk/watch/certificate-alarms.ts';
import { credentialAlarms } from '../../cdk/watch/credential-alarms.ts';
import { BATCH_CODES } from '../../functions/shared/codes.ts';
import { WITH_CLIENT_CERTIFICATES } from './support/client-certificates-config.ts';
import { joined, watchTemplate } from './watch/watch-template.ts';
import { WATCHED } from './watch/watched.ts';

const { template, alarms } = watchTemplate();

/** CloudWatch keeps so many characters of a description; log groups and queues have longer names than logical ids. */
const MOST_DESCRIPTION = 1_024 - 200;

describe('an alarm', () => {
  test.each(alarms.map((alarm) => [alarm.AlarmName, alarm] as const))('%s says what to do first', (_name, alarm) => {
    const description = joined(alarm.AlarmDescription);

    expect(description).toMatch(
      /^\S.*\.\n\nLikely: \S.*\.\n\nFirst: aws \S.*\n\nRunbook: https:\S+runbook\.md#[a-z-]+$/,
    );
    expect(description.length).toBeLessThan(MOST_DESCRIPTION);
  });

  test('tells the topic that informs when it fires and when it is over', () => {
    const [topic] = Object.keys(
      template.findResources('AWS::SNS::Topic', { Properties: { DisplayName: 'edgehouse alarms' } }),
    );

    for (const { AlarmActions, OKActions } of alarms) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  test('has a name of its own, short enough for CloudWatch', () => {
    const names = alarms.map(({ AlarmName }) => AlarmName);

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(255);
  });

  test('takes silence for trouble only where something must be heard', () => {
    const heartbeats = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching');

    expect(heartbeats.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      'edgehouse-insert-heartbeat-hits',
      'edgehouse-missing-rows',
      'edgehouse-password-age',
      'edgehouse-refresh-heartbeat',
      'edgehouse-sender-heartbeat',
      'edgehouse-server-certificate-events.example.com',
      'edgehouse-token-runway',
    ]);
    expect(new Set(alarms.map(({ TreatMissingData }) => TreatMissingData))).toEqual(
      new Set(['breaching', 'notBreaching']),
    );
  });

  // While a good one lies in the few periods that CloudWatch looks further back, those without data do not count as bad.
  test('hears silence in time: in many short periods, but where hours do no harm', () => {
    const slow = alarms.filter(
      ({ TreatMissingData, EvaluationPeriods }) => TreatMissingData === 'breaching' && EvaluationPeriods < 3,
    );

    expect(slow.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      'edgehouse-missing-rows',
      'edgehouse-password-age',
      'edgehouse-server-certificate-events.example.com',
    ]);
  });

  test('looks at no more metrics than CloudWatch takes, over a time that it takes', () => {
    for (const { Metrics = [], Period, EvaluationPeriods, DatapointsToAlarm } of alarms) {
      const period =
        Period ?? Metrics.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? Metrics[0]?.Period ?? 0;
      expect(Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length).toBeLessThanOrEqual(10);
      expect(period % 60).toBe(0);
      expect(period).toBeGreaterThan(0);
      // PutMetricAlarm: seven days, and for periods below an hour one day.
      expect(period * EvaluationPeriods).toBeLessThanOrEqual(period < 3_600 ? 86_400 : 604_800);
      expect(DatapointsToAlarm).toBeLessThanOrEqual(EvaluationPeriods);
    }
  });
});

// Thresholds are promises to whoever is woken: what stands here is read in a review.
test('alarms fire where the runbook says', () => {
  const promises = alarms
    // One code stands for all.
    .filter(({ AlarmName }) => !/-(?!TOKEN_EXPIRED)[A-Z_]{9,}$/.test(AlarmName))
    .map(
      ({ AlarmName, ComparisonOperator, Threshold, Period, DatapointsToAlarm, EvaluationPeriods, Metrics }) =>
        `${AlarmName.replace('edgehouse-', '')} ${ComparisonOperator === 'LessThanThreshold' ? '<' : '>'} ${Threshold}` +
        ` in ${DatapointsToAlarm} of ${EvaluationPeriods} x ${Period ?? Metrics?.[0]?.Period ?? Metrics?.[1]?.MetricStat?.Period} s`,
    );

  expect(promises.sort()).toEqual([
    'api-latency > 3000 in 3 of 5 x 300 s',
    'availability > 1 in 1 of 1 x 300 s',
    'batches-buried > 0 in 1 of 1 x 300 s',
    'client-certificate-partner < 2592000 in 1 of 1 x 3600 s',
    'contract-unusable-hits > 0 in 1 of 1 x 300 s',
    'dead-letters > 0 in 1 of 1 x 300 s',
    'duplicate-rows > 0 in 1 of 1 x 3600 s',
    'edge-pushes-production > 0 in 2 of 2 x 900 s',
    'edge-pushes-staging > 0 in 2 of 2 x 900 s',
    'function-duration-authorizer > 12000 in 2 of 3 x 300 s',
    'function-duration-ingest > 12000 in 2 of 3 x 300 s',
    'function-duration-issuer > 12000 in 2 of 3 x 300 s',
    'function-duration-password-rotation > 12000 in 1 of 1 x 300 s',
    'function-duration-replay > 12000 in 2 of 3 x 300 s',
    'function-duration-rotation > 12000 in 1 of 1 x 300 s',
    'function-errors-authorizer > 0 in 2 of 3 x 300 s',
    'function-errors-ingest > 0 in 2 of 3 x 300 s',
    'function-errors-issuer > 0 in 2 of 3 x 300 s',
    'function-errors-password-rotation > 0 in 1 of 1 x 300 s',
    'function-errors-replay > 0 in 2 of 3 x 300 s',
    'function-errors-rotation > 0 in 1 of 1 x 300 s',
    'function-throttles-authorizer > 0 in 3 of 5 x 60 s',
    'function-throttles-ingest > 0 in 3 of 5 x 60 s',
    'function-throttles-issuer > 0 in 3 of 5 x 60 s',
    'function-throttles-password-rotation > 0 in 3 of 5 x 60 s',
    'function-throttles-replay > 0 in 3 of 5 x 60 s',
    'function-throttles-rotation > 0 in 3 of 5 x 60 s',
    'ingest-latency-hits > 1500 in 3 of 5 x 300 s',
    'insert-heartbeat-hits < 1 in 3 of 3 x 300 s',
    'integration-latency > 2500 in 3 of 5 x 300 s',
    'key-set > 0 in 3 of 5 x 60 s',
    'missing-rows > 0 in 1 of 1 x 3600 s',
    'password-age > 2851200 in 1 of 1 x 86400 s',
    'password-rotation > 0 in 1 of 1 x 3600 s',
    'quarantine-ratio-hits > 5 in 2 of 3 x 300 s',
    'refresh-heartbeat < 1 in 23 of 23 x 60 s',
    'refused-batches-TOKEN_EXPIRED > 0 in 3 of 3 x 300 s',
    'refused-identities-TOKEN_EXPIRED > 0 in 3 of 5 x 60 s',
    'refused-share > 20 in 2 of 3 x 300 s',
    'replays-postponed > 0 in 2 of 2 x 900 s',
    'rows-missed > 0 in 1 of 1 x 300 s',
    'sender-heartbeat < 1 in 15 of 15 x 60 s',
    'server-certificate-events.example.com < 30 in 1 of 1 x 86400 s',
    'spool-age > 900 in 1 of 1 x 300 s',
    'spool-depth > 1000 in 2 of 2 x 300 s',
    'stage-throttles > 0 in 3 of 5 x 60 s',
    'stale-secrets-ingest > 0 in 2 of 3 x 300 s',
    'stale-secrets-replay > 0 in 2 of 3 x 300 s',
    'token-runway < 900 in 45 of 45 x 60 s',
    'unavailable-batches-hits > 0 in 1 of 1 x 300 s',
  ]);
});

describe('the alarms on the tokens', () => {
  test('fire before the first EdgeWorker is hurt, and not while refreshes come on time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 360 }), (refreshMinutes) => {
        const leastLife = 4 * refreshMinutes * 60;

        const [heartbeat, runway] = tokenAlarms(refreshMinutes);

        // One refresh has to fall into the time that is looked at, with minutes to spare; the second one not.
        expect(lookedAt(heartbeat)).toBeGreaterThanOrEqual(refreshMinutes * 60 + 300);
        expect(lookedAt(heartbeat)).toBeLessThanOrEqual(Math.max(2 * refreshMinutes, refreshMinutes + 5) * 60);
        expect(lookedAt(runway)).toBeLessThanOrEqual(0.75 * leastLife);
        expect(runway?.threshold).toBeLessThan(leastLife);
      }),
    );
  });

  test('are not there where no EdgeWorker gets a token: none could be missed', () => {
    const names = watchTemplate({ refreshMinutes: undefined }).alarms.map(({ AlarmName }) => AlarmName);

    expect(names.filter((name) => /token-runway|edge-pushes|heartbeat/.test(name))).toEqual([
      'edgehouse-sender-heartbeat',
      'edgehouse-insert-heartbeat-hits',
    ]);
  });
});

test('a region that neither issues nor rotates has no alarms on that', () => {
  const other = watchTemplate({}, []).alarms.map(({ AlarmName }) => AlarmName);

  const lacking = alarms.filter(({ AlarmName }) => !other.includes(AlarmName)).map(({ AlarmName }) => AlarmName);
  expect(lacking.sort()).toEqual([
    'edgehouse-edge-pushes-production',
    'edgehouse-edge-pushes-staging',
    'edgehouse-function-duration-issuer',
    'edgehouse-function-duration-password-rotation',
    'edgehouse-function-duration-rotation',
    'edgehouse-function-errors-issuer',
    'edgehouse-function-errors-password-rotation',
    'edgehouse-function-errors-rotation',
    'edgehouse-function-throttles-issuer',
    'edgehouse-function-throttles-password-rotation',
    'edgehouse-function-throttles-rotation',
    'edgehouse-password-age',
    'edgehouse-password-rotation',
    'edgehouse-refresh-heartbeat',
    'edgehouse-token-runway',
  ]);
});

test('passwords may be three days late, however long they live', () => {
  const ages = [1, 30, 365].map((rotateDays) =>
    watchTemplate({ rotateDays }).alarms.find(({ AlarmName }) => AlarmName === 'edgehouse-password-age'),
  );

  expect(ages.map((alarm) => (alarm?.Threshold ?? 0) / 86_400)).toEqual([4, 33, 368]);
});

test('each stream has alarms of its own', () => {
  const more = watchTemplate({ streams: ['hits', 'clicks'] }).alarms.map(({ AlarmName }) => AlarmName);

  const added = more.filter((name) => !alarms.some(({ AlarmName }) => AlarmName === name));
  expect(added.sort()).toEqual([
    'edgehouse-contract-unusable-clicks',
    'edgehouse-ingest-latency-clicks',
    'edgehouse-insert-heartbeat-clicks',
    'edgehouse-quarantine-ratio-clicks',
    'edgehouse-unavailable-batches-clicks',
  ]);
});

test('the emulator lacks exactly the alarms that it refuses: those on more than one plain metric', () => {
  const emulator = watchTemplate({ preset: 'emulator' }).alarms.map(({ AlarmName }) => AlarmName);

  const lacking = alarms.filter(({ AlarmName }) => !emulator.includes(AlarmName));
  const refusedBatches = alarms
    .map(({ AlarmName }) => AlarmName)
    .filter((name) => name.startsWith('edgehouse-refused-batches-'));
  expect(refusedBatches.length).toBeGreaterThan(10);
  expect(lacking.map(({ AlarmName }) => AlarmName).sort()).toEqual([
    'edgehouse-availability',
    'edgehouse-batches-buried',
    'edgehouse-insert-heartbeat-hits',
    'edgehouse-quarantine-ratio-hits',
    ...refusedBatches.toSorted(),
    'edgehouse-refused-share',
    'edgehouse-replays-postponed',
    'edgehouse-rows-missed',
    'edgehouse-spool-depth',
  ]);
  expect(lacking.every(({ Metrics }) => Metrics !== undefined)).toBe(true);
  expect(emulator).toHaveLength(alarms.length - lacking.length);
});

function tokenAlarms(refreshMinutes: number) {
  return credentialAlarms({ ...WATCHED, networks: [], refreshMinutes });
}

/** Seconds without a good period after which an alarm may fire. */
function lookedAt(alarm: Alarm | undefined): number {
  expect(alarm?.badPeriods).toBe(alarm?.ofPeriods);
  return (alarm?.periodSeconds ?? 0) * (alarm?.ofPeriods ?? 0);
}

test('there is an alarm for every code of a batch, and for every principal and domain with a certificate', () => {
  const members = (name: string) =>
    listAlarms(WATCHED).flatMap((alarm) => (alarm.name === name ? [alarm.member ?? ''] : []));

  // Those two have alarms of their own.
  expect([...members('refused-batches'), 'ROWS_REFUSED', 'UNAVAILABLE'].sort()).toEqual(
    Object.keys(BATCH_CODES).sort(),
  );
  expect(certificatePrincipalsIn(WITH_CLIENT_CERTIFICATES.principals).toSorted()).toEqual([
    'partner',
    'web-collector',
    'web-edge',
  ]);
  expect(Object.keys(serverCertificatesIn(WITH_CLIENT_CERTIFICATES.domain, 'us-east-1'))).toEqual([
    'events.example.com',
    'tokens.example.com',
  ]);
  expect(serverCertificatesIn(undefined, 'us-east-1')).toEqual({});
});
