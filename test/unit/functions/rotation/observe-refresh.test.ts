import { describe, expect, test } from '@jest/globals';
import { observeRefresh, type RefreshOutcome } from '../../../../functions/rotation/observe-refresh.ts';
import { RefreshIncompleteError } from '../../../../functions/rotation/refresh-error.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';

async function observe(refresh: () => Promise<RefreshOutcome>) {
  const metrics: Record<string, number> = {};
  const warnings: unknown[] = [];
  const failure = await observeRefresh(refresh, {
    clock: () => 1_000_500,
    telemetry: {
      count: (metric, value, { network } = {}) => {
        metrics[network === undefined ? metric : `${metric} ${network}`] = value;
      },
      warn: (_message, fields) => void warnings.push(fields),
    },
  }).catch((error: unknown) => error);
  return { metrics, warnings, failure };
}

describe('a refresh on schedule', () => {
  test('beats its heart and says how long the tokens live', async () => {
    const { metrics, failure } = await observe(async () => ({ tokens: 2, earliestExp: 4_600, pushed: [] }));
    expect(failure).toBeUndefined();
    expect(metrics).toEqual({ TokensRefreshed: 2, TokenSecondsToExpiry: 3_599 });
  });

  test('of no EdgeWorker says nothing of their life', async () => {
    const { metrics } = await observe(async () => ({ tokens: 0, earliestExp: undefined, pushed: [] }));
    expect(metrics).toEqual({ TokensRefreshed: 0 });
  });

  test('names the items that EdgeKV does not show, and is done all the same', async () => {
    const item = { network: 'staging', item: '12', value: 'canary' } as const;
    const { metrics, warnings, failure } = await observe(async () => ({
      tokens: 1,
      earliestExp: 4_600,
      pushed: [item],
      unseen: [item],
    }));

    expect(failure).toBeUndefined();
    expect(metrics).toEqual({ TokensRefreshed: 1, TokenSecondsToExpiry: 3_599, 'EdgeKvPushFailed staging': 1 });
    expect(warnings).toEqual([{ items: ['staging/12'] }]);
  });

  test('counts for each network what it did not take', async () => {
    const failures = (['staging', 'production', 'staging'] as const).map((network) => ({
      network,
      item: '12',
      fault: new SpoolError('Anything'),
    }));
    const { metrics, warnings } = await observe(() =>
      Promise.reject(new RefreshIncompleteError({ tokens: [], pushes: failures, pushed: [] }, 4)),
    );

    expect(metrics).toEqual({ 'EdgeKvPushFailed staging': 2, 'EdgeKvPushFailed production': 1 });
    expect(warnings).toEqual([expect.objectContaining({ code: 'EDGE_REFRESH_INCOMPLETE' })]);
  });

  test('that fails has no heartbeat, and the schedule sees the failure', async () => {
    const fault = new SpoolError('Anything');
    const { metrics, warnings, failure } = await observe(() => Promise.reject(fault));
    expect(failure).toBe(fault);
    expect(metrics).toEqual({});
    expect(warnings).toEqual([expect.objectContaining({ code: 'SPOOL_FAILED' })]);
  });
});
