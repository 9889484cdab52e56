import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { watchTemplate } from './watch/watch-template.ts';

const { alarms } = watchTemplate();

describe('an expression', () => {
  const ratio = expressionOf('quarantine-ratio-hits');

  test.each([
    [{ refusedNow: 1, refusedLater: 0, storedNow: 18, storedLater: 0 }, 0],
    [{ refusedNow: 1, refusedLater: 1, storedNow: 10, storedLater: 8 }, 10],
    [{ refusedNow: 20, refusedLater: undefined, storedNow: undefined, storedLater: undefined }, 100],
  ])('takes %j as quarantined rows of %d %%', (rows, percent) => {
    expect(evaluate(ratio, rows)).toBe(percent);
  });

  test.each([
    [{ failures: 4, requests: 99 }, 0],
    [{ failures: 5, requests: 5 }, 100],
    [{ failures: 0, requests: 99 }, 0],
    [{ failures: 2, requests: 100 }, 2],
  ])('takes %j as %d %% unavailable', (requests, percent) => {
    expect(evaluate(expressionOf('availability'), requests)).toBe(percent);
  });

  test.each([
    [{ senders: 3, stored: undefined }, 0],
    [{ senders: 3, stored: 2 }, 2],
    // Nobody there: no data is no trouble.
    [{ senders: undefined, stored: undefined }, 1],
  ])('takes %j as a heartbeat of %d', (counts, beats) => {
    expect(evaluate(expressionOf('insert-heartbeat-hits'), counts)).toBe(beats);
  });

  test.each([
    [{ refused: 90, requests: 99 }, 0],
    [{ refused: 30, requests: 100 }, 30],
    [{ refused: undefined, requests: 100 }, 0],
  ])('takes %j as %d %% refused', (counts, percent) => {
    expect(evaluate(expressionOf('refused-share'), counts)).toBe(percent);
  });

  test('counts a batch that waits for its next attempt as one that waits', () => {
    expect(evaluate(expressionOf('spool-depth'), { visible: undefined, postponed: 7 })).toBe(7);
  });
});

function expressionOf(name: string): string {
  const properties = alarms.find(({ AlarmName }) => AlarmName === `edgehouse-${name}`);
  return properties?.Metrics?.find(({ Expression }) => Expression !== undefined)?.Expression ?? '';
}

/** Metric math of the two functions that are used here, for one data point; undefined is a metric without data. */
function evaluate(expression: string, metrics: Readonly<Record<string, number | undefined>>): unknown {
  return runInNewContext(expression, {
    ...metrics,
    IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
    FILL: (value: number | undefined, otherwise: number) => value ?? otherwise,
  });
}
