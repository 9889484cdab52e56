import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deduplicationWindows } from '../../clickhouse/deduplication-windows.ts';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { asIn, type ComputedCell, computedCells, namedValues, type Values } from './support/computed-tables.ts';
import { synthesize } from './support/synthesize.ts';

const SOURCE = z.object({
  BatchSize: z.number(),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const COST = read('cost.md');
const CAPACITY = read('capacity.md');

const costs = computedCells(COST);
/** What a million events cost, by the rows of a batch. */
const totals = new Map(
  costs.filter(({ row }) => row === 'total').map(({ column, computed }) => [column, computed] as const),
);
const capacity = computedCells(CAPACITY, ({ rows = 0 }): Values => {
  const million = totals.get(`rows=${rows}`);
  return million === undefined ? {} : { 'million-events': million };
});

const said = (cells: readonly ComputedCell[]) => cells.map(({ row, column, says }) => `${row}, ${column}: ${says}`);
const computed = (cells: readonly ComputedCell[]) =>
  cells.map((cell) => `${cell.row}, ${cell.column}: ${asIn(cell.says, cell.computed)}`);

describe('docs/cost.md', () => {
  test('says what its own prices, quantities and formulas come to', () => {
    expect(said(costs)).toEqual(computed(costs));
    expect([...totals.keys()]).toEqual(['rows=1', 'rows=10', 'rows=100', 'rows=1000']);
  });

  test('dates every price, and says where it is from', () => {
    const rows = COST.split('\n').filter((line) => /^\| `[\w-]+` +\| [\d.]+ +\| [\d,]+ +\|/.test(line));

    expect(rows.length).toBeGreaterThanOrEqual(20);
    for (const row of rows) expect(row).toMatch(/\| \d{4}-\d{2}(-\d{2})? +\|$/);
  });

  test('counts what the stack of one region has', () => {
    const [stack] = synthesize();
    const values = namedValues(COST);
    const count = (type: string) => stack.ofType(type).length;
    const memory = (path: RegExp) =>
      z
        .object({ MemorySize: z.number() })
        .parse(stack.ofType('AWS::Lambda::Function').find((one) => path.test(one.path))?.properties).MemorySize;

    expect(values).toMatchObject({
      secrets: count('AWS::SecretsManager::Secret'),
      'kms-keys': count('AWS::KMS::Key'),
      dashboards: count('AWS::CloudWatch::Dashboard'),
      composites: count('AWS::CloudWatch::CompositeAlarm'),
      'ingest-gb': memory(/Ingest\/Function$/) / 1024,
      'replay-gb': memory(/Replayer\/Function$/) / 1024,
      'authorizer-gb': memory(/Verifier\/Function$/) / 1024,
    });
    // They come and go with what is watched: a round number does.
    expect(count('AWS::CloudWatch::Alarm')).toBeLessThanOrEqual(values['alarms'] ?? 0);
    expect(count('AWS::CloudWatch::Alarm')).toBeGreaterThan((values['alarms'] ?? 0) - 20);
  });
});

describe('docs/capacity.md', () => {
  test('says what its own quantities and formulas come to', () => {
    expect(said(capacity)).toEqual(computed(capacity));
    expect(capacity.length).toBeGreaterThan(0);
  });

  test('has the deduplication windows that `edgehouse migrate` sets', () => {
    for (const column of new Set(capacity.map((cell) => cell.column))) {
      const cell = (row: string) => capacity.find((one) => one.row === row && one.column === column)?.computed ?? 0;
      const windows = deduplicationWindows([{ table: 'web_events', peakInsertsPerSecond: cell('batches') }]);

      expect([cell('window'), cell('ledger-window')]).toEqual([windows[0]?.inserts, windows[2]?.inserts]);
    }
  });

  test('has replay store as many at once as its queue hands out', () => {
    const sources = synthesize().flatMap((stack) => stack.ofType('AWS::Lambda::EventSourceMapping'));

    const atOnce = sources.map(({ properties }) => {
      const { BatchSize, ScalingConfig } = SOURCE.parse(properties);
      return BatchSize * ScalingConfig.MaximumConcurrency;
    });

    expect(atOnce).toEqual([namedValues(CAPACITY)['replay-at-once']]);
  });

  test('stays within what one batch may have', () => {
    const rows = [...new Set(capacity.map(({ column }) => Number(/rows=(\d+)/.exec(column)?.[1])))];
    const { 'row-bytes': bytes = 0 } = namedValues(CAPACITY);

    expect(Math.max(...rows)).toBeLessThanOrEqual(STREAM_LIMITS.rows);
    expect(Math.max(...rows) * bytes).toBeLessThanOrEqual(STREAM_LIMITS.bytes);
  });

  test('takes the same quantities as the cost', () => {
    const [cost, mine] = [namedValues(COST), namedValues(CAPACITY)];
    const shared = Object.keys(mine).filter((name) => name in cost);

    expect(shared.length).toBeGreaterThanOrEqual(4);
    for (const name of shared) expect([name, mine[name]]).toEqual([name, cost[name]]);
  });
});
