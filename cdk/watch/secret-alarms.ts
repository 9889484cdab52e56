import { type Alarm, tailLog, type Watched } from './alarm.ts';

/** For Secrets Manager to try again, which it does by itself, and for a person to see why it has to. */
const GRACE_DAYS = 3;
const DAY_SECONDS = 86_400;

const LIST_PASSWORDS =
  'aws secretsmanager list-secrets --filters Key=name,Values=edgehouse/clickhouse/ --query "SecretList[].[Name,RotationEnabled,LastRotatedDate,NextRotationDate]" --output table';

/** Can the functions read their secrets, and are the passwords renewed? */
export function secretAlarms(watched: Watched): readonly Alarm[] {
  const { ingest, replay } = watched.logGroups;
  return [stale('ingest', ingest), stale('replay', replay), ...passwordAlarms(watched)];
}

function stale(service: 'ingest' | 'replay', logGroup: string): Alarm {
  return {
    name: 'stale-secrets',
    member: service,
    title: `The function ${service} goes on with secrets that it cannot read anew, for an hour at most.`,
    signal: { kind: 'metric', metric: { source: 'own', name: 'SecretStale', service }, statistic: 'Sum' },
    periodSeconds: 300,
    fires: 'above',
    threshold: 0,
    // It asks again after 10 s: one failure is over before anybody has read of it.
    badPeriods: 2,
    ofPeriods: 3,
    missing: 'good',
    cause: 'Secrets Manager or Vault does not answer or refuses, or somebody wrote a secret that is malformed.',
    firstCommand: tailLog(logGroup, '30m', '"A secret could not be read anew"'),
  };
}

function passwordAlarms({ logGroups, rotateDays }: Watched): readonly Alarm[] {
  const logGroup = logGroups['password-rotation'];
  if (logGroup === undefined) return [];
  return [
    {
      name: 'password-rotation',
      title: 'A password of ClickHouse could not be replaced. The old one goes on; it is tried again.',
      signal: {
        kind: 'metric',
        metric: { source: 'own', name: 'RotationFailed', service: 'rotation' },
        statistic: 'Sum',
      },
      // Secrets Manager tries a rotation several times within its window of four hours.
      periodSeconds: 3600,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause:
        'ClickHouse is away, the administrator may not alter users, or a user has other rights than the config says.',
      firstCommand: tailLog(logGroup, '6h', '"could not be rotated"'),
    },
    {
      name: 'password-age',
      title: `A password of ClickHouse is older than ${rotateDays} days and was not replaced, or nobody knows.`,
      signal: {
        kind: 'metric',
        metric: { source: 'own', name: 'PasswordAge', service: 'rotation' },
        statistic: 'Maximum',
      },
      // Not the missing of RotationSucceeded: CloudWatch looks back seven days at most (PutMetricAlarm), and passwords live for months.
      // The age is told twice a day.
      periodSeconds: DAY_SECONDS,
      fires: 'above',
      threshold: (rotateDays + GRACE_DAYS) * DAY_SECONDS,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'bad',
      cause: 'Rotation is turned off or fails (see password-rotation), or its function does not run at all.',
      firstCommand: LIST_PASSWORDS,
    },
  ];
}
