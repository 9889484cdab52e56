import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deduplicationWindows, readCurrentWindow, widenWindow } from '../../../clickhouse/deduplication-windows.ts';

describe('the deduplication windows', () => {
  test('hold 720 s of the declared peak; quarantine what all streams may bring, the ledger twice that', () => {
    const streams = [
      { table: 'busy', peakInsertsPerSecond: 20.5 },
      { table: 'quiet', peakInsertsPerSecond: 1 },
    ];

    expect(deduplicationWindows(streams)).toEqual([
      { table: 'busy', inserts: 14_760, seconds: 3600 },
      { table: 'quiet', inserts: 10_000, seconds: 3600 },
      { table: 'quarantine', inserts: 24_760, seconds: 3600 },
      { table: '_batches', inserts: 49_520, seconds: 3600 },
    ]);
  });

  test('add up the peaks of two streams that share a table', () => {
    const streams = [
      { table: 'events', peakInsertsPerSecond: 10 },
      { table: 'events', peakInsertsPerSecond: 15 },
    ];

    expect(deduplicationWindows(streams)[0]).toEqual({ table: 'events', inserts: 18_000, seconds: 3600 });
  });

  test('are read from what the server tells of a table', () => {
    const engine =
      'MergeTree ORDER BY a SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1, replicated_deduplication_window = 22, replicated_deduplication_window_seconds = 333';

    expect(readCurrentWindow(engine)).toEqual({ plain: 1, replicated: 22, seconds: 333 });
    expect(readCurrentWindow('MergeTree ORDER BY a')).toEqual({});
    expect(readCurrentWindow(engine.replace('non_replicated_deduplication_window = 1, ', '')).plain).toBeUndefined();
  });

  test('are never made narrower, and left alone once they are wide enough', () => {
    const size = fc.option(fc.nat({ max: 30_000 }), { nil: undefined });
    fc.assert(
      fc.property(size, size, size, (plain, replicated, seconds) => {
        const wanted = { table: 't', inserts: 14_400, seconds: 3600 };

        const settings = widenWindow(wanted, { plain, replicated, seconds });

        const after = settings === undefined ? { plain, replicated, seconds } : readCurrentWindow(settings);
        expect(after.plain).toBe(Math.max(plain ?? 0, 14_400));
        expect(after.replicated).toBe(Math.max(replicated ?? 0, 14_400));
        expect(after.seconds).toBe(Math.max(seconds ?? 0, 3600));
        expect(widenWindow(wanted, after)).toBeUndefined();
      }),
    );
  });
});
