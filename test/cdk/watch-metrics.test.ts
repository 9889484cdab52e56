import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { BATCH_CODES, IDENTITY_CODES } from '../../functions/shared/codes.ts';
import { METRIC_NAMESPACE, METRIC_UNITS } from '../../functions/shared/telemetry.ts';
import { driveAuthorizer } from './watch/drive-authorizer.ts';
import { driveCertificate } from './watch/drive-certificate.ts';
import { driveIngest } from './watch/drive-ingest.ts';
import { driveRefusals } from './watch/drive-refusals.ts';
import { driveReplay } from './watch/drive-replay.ts';
import { driveRotation } from './watch/drive-rotation.ts';
import { captureMetrics, type EmittedMetric, identityOf } from './watch/emitted-metrics.ts';
import { metricsOfFilters } from './watch/metric-filters.ts';
import { type AlarmProperties, watchTemplate } from './watch/watch-template.ts';

const { template, alarms, dashboard } = watchTemplate();
/** What CloudWatch Logs makes of the gateway's log, by the template. */
const COUNTED_IN_LOG = metricsOfFilters(template);
let emitted: readonly EmittedMetric[] = [];

beforeAll(async () => {
  emitted = await captureMetrics(async () => {
    await driveAuthorizer();
    await driveIngest();
    await driveRefusals();
    await driveReplay();
    await driveRotation();
    await driveRotation(false);
    await driveCertificate(20);
  });
});

describe('the metrics that the real code emits', () => {
  test('are all that it has a name for, each in its unit', () => {
    const units = Object.fromEntries(emitted.map(({ name, unit }) => [name, unit]));

    expect(units).toEqual(METRIC_UNITS);
  });

  test('name the service as each handler does', () => {
    const services = new Set(emitted.map(({ dimensions }) => dimensions['service'] ?? ''));

    expect([...services].sort()).toEqual(['authorizer', 'ingest', 'replay', 'rotation']);
    for (const service of services) {
      const handler = readFileSync(join(import.meta.dirname, `../../functions/${service}/handler.ts`), 'utf8');
      expect(handler).toContain(`createLambdaTelemetry('${service}')`);
    }
  });

  test('tell every reason for which an identity is refused', () => {
    const codes = emitted
      .filter(({ name }) => name === 'IdentitiesRefused')
      .map(({ dimensions }) => dimensions['code']);

    expect([...codes].sort()).toEqual([...IDENTITY_CODES].sort());
  });

  test('speak of a client certificate only when it has to be renewed', async () => {
    const soon = await captureMetrics(() => driveCertificate(59));
    const later = await captureMetrics(() => driveCertificate(61));

    const told = [soon, later].map((metrics) => metrics.map(({ name, value }) => `${name} ${value}`));
    expect(told).toEqual([
      ['IdentitiesAccepted 1', `CertificateSecondsToExpiry ${59 * 86_400}`],
      ['IdentitiesAccepted 1'],
    ]);
  });

  test('say of a refresh or rotation that failed only that it did, so that heartbeat and age are missed', async () => {
    const failed = await captureMetrics(() => driveRotation(false));

    expect(failed.map(({ name, dimensions }) => `${name} ${dimensions['network']}`).sort()).toEqual([
      'EdgeKvPushFailed production',
      'EdgeKvPushFailed staging',
      'RotationFailed undefined',
    ]);
  });
});

describe('an alarm on a metric of ours', () => {
  const watched = alarms.flatMap((alarm) => ownMetrics(alarm).map((metric) => [alarm.AlarmName, metric] as const));

  test('is there for the states that only our own code knows', () => {
    expect(watched.length).toBeGreaterThan(15);
  });

  test.each(watched)(
    '%s watches %s, which the real code emits with these dimensions and this unit',
    (_alarm, metric) => {
      expect([...emitted, ...COUNTED_IN_LOG].map(identityOf)).toContain(metric);
    },
  );

  test('is there for every metric that tells of trouble', () => {
    const seen = alarms.flatMap((alarm) => [
      ...ownMetrics(alarm),
      ...(alarm.Metrics ?? []).map(({ Expression }) => Expression),
    ]);
    const silent = Object.keys(METRIC_UNITS).filter((name) => !seen.some((text) => text?.includes(name)));

    // What goes well, what others say already, and what is only known to be on its way.
    expect(silent).toEqual(['BatchesReplayed', 'BatchesSpooled', 'KeySetStale', 'RotationSucceeded']);
  });

  const queries = alarms.flatMap((alarm) =>
    (alarm.Metrics ?? []).flatMap(({ Expression = '' }) =>
      Expression.startsWith('SELECT') ? [[alarm.AlarmName, Expression] as const] : [],
    ),
  );

  test('queries where it sums over dimensions', () => {
    expect(queries.map(([alarm]) => alarm).sort()).toEqual([
      'edgehouse-batches-buried',
      ...Object.keys(BATCH_CODES)
        .filter((code) => code !== 'ROWS_REFUSED' && code !== 'UNAVAILABLE')
        .map((code) => `edgehouse-refused-batches-${code}`)
        .sort(),
      'edgehouse-replays-postponed',
      'edgehouse-rows-missed',
    ]);
  });

  test.each(queries)('%s sums up what the real code emits', (_alarm, query) => {
    const [, name = '', namespace = '', schema = '', where = ''] =
      /^SELECT SUM\("(\w+)"\) FROM SCHEMA\("(\w+)", (["\w, ]+)\) WHERE (.+)$/.exec(query) ?? [];
    const fixed = where.split(' AND ').map((part) => /^"(\w+)" = '(\w+)'$/.exec(part)?.slice(1) ?? []);

    const matching = emitted.filter(
      (metric) =>
        metric.name === name &&
        metric.namespace === namespace &&
        fixed.every(([key = '', value]) => metric.dimensions[key] === value) &&
        Object.keys(metric.dimensions).sort().join(', ') === schema.replaceAll('"', ''),
    );

    expect(matching.length).toBeGreaterThan(0);
  });
});

describe('the dashboard', () => {
  test('shows only metrics of ours that the real code emits', () => {
    const known = [...emitted, ...COUNTED_IN_LOG].map(({ name, dimensions }) => graphed(name, dimensions));
    const shown = [...dashboard.matchAll(/\["edgehouse",("[^\]{]*?)(?:,\{|\])/g)].map(([, words = '']) => {
      const [name = '', ...pairs]: readonly string[] = JSON.parse(`[${words}]`);
      const dimensions = pairs.flatMap((key, index) => (index % 2 === 0 ? [[key, pairs[index + 1] ?? '']] : []));
      return graphed(name, Object.fromEntries(dimensions));
    });

    expect(shown.length).toBeGreaterThan(8);
    expect(known).toEqual(expect.arrayContaining(shown));
  });

  test('searches with the dimensions that the real code emits', () => {
    const known = emitted.map(({ name, dimensions }) => `${name} ${Object.keys(dimensions).sort()}`);
    const searched = [...dashboard.matchAll(/SEARCH\('\{edgehouse,([\w,]+)\} MetricName=\\"(\w+)\\"/g)].map(
      ([, dimensions = '', name]) => `${name} ${dimensions.split(',').sort()}`,
    );

    expect(searched.length).toBeGreaterThan(2);
    expect(known).toEqual(expect.arrayContaining(searched));
  });

  test('shows every metric of ours', () => {
    expect(Object.keys(METRIC_UNITS).filter((name) => !dashboard.includes(name))).toEqual([]);
  });
});

function graphed(name: string, dimensions: Readonly<Record<string, string>>): string {
  return identityOf({ namespace: METRIC_NAMESPACE, name, dimensions, unit: '' });
}

function ownMetrics({ Namespace, MetricName, Dimensions, Unit, Metrics = [] }: AlarmProperties): readonly string[] {
  const plain = { Metric: { Namespace, MetricName, Dimensions: Dimensions ?? [] }, Unit };
  return [plain, ...Metrics.flatMap(({ MetricStat }) => MetricStat ?? [])].flatMap(({ Metric, Unit: unit = 'none' }) =>
    Metric.Namespace !== METRIC_NAMESPACE || Metric.MetricName === undefined
      ? []
      : [
          identityOf({
            namespace: Metric.Namespace,
            name: Metric.MetricName,
            dimensions: Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, String(Value)])),
            unit,
          }),
        ],
  );
}
