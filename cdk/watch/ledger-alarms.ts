import { type Alarm, type OwnMetric, tailLog, type Watched } from './alarm.ts';

/** How often replay counts the ledger. */
export const LEDGER_MINUTES = 60;

/** Is each row there, and once? */
export function ledgerAlarms({ logGroups: { replay } }: Watched): readonly Alarm[] {
  const counted = (name: OwnMetric['name']) =>
    ({
      signal: { kind: 'metric', metric: { source: 'own', name, service: 'replay' }, statistic: 'Maximum' },
      // One period, so that one bad count is enough. Of silence CloudWatch then tells after three or four: as long as one of those has a
      // good count, that one is taken, and the schedule may be late.
      periodSeconds: LEDGER_MINUTES * 60,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      firstCommand: tailLog(replay, '3h', '?"more than once" ?"could not be counted"'),
    }) as const;
  return [
    {
      ...counted('RowsMissing'),
      name: 'missing-rows',
      title:
        'Rows that came in the last hours are not in ClickHouse, while others of their batches are; or nobody counts.',
      missing: 'bad',
      cause:
        'ClickHouse lost what it had confirmed, or a sender never repeated what failed. No count: grants, ClickHouse.',
    },
    {
      ...counted('RowsDuplicated'),
      name: 'duplicate-rows',
      title: 'Rows that came in the last hours are in ClickHouse more than once.',
      missing: 'good',
      cause:
        'A batch was sent again after the deduplication window, or the window is too small for the inserts a second.',
    },
  ];
}
