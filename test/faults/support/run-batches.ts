import { makeBatch, type TestBatch } from './signed-batch.ts';
import { seeded } from './simulated-time.ts';

/** What has to become of rows. */
export interface Expected {
  /** Rows that are to be in the table, and what their `bytes` add up to. */
  readonly good: number;
  readonly sumOfBytes: number;
  /** Rows that are to be in quarantine. */
  readonly bad: number;
}

/** A batch of a fault run. */
export interface RunBatch extends TestBatch, Expected {}

export function addUp(one: Expected, other: Expected): Expected {
  return {
    good: one.good + other.good,
    sumOfBytes: one.sumOfBytes + other.sumOfBytes,
    bad: one.bad + other.bad,
  };
}

/** One row in so many is refused by validation. */
const BAD_SHARE = 50;
/** One batch in so many has a row that only ClickHouse refuses. */
const UNWANTED_SHARE = 30;
const TIME = '2026-01-02T03:04:05.678Z';
const FILLER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';

/** Each good row names its batch and its own number: a row that went astray, or twice, shows. */
export function makeRunBatch(seed: number, index: number, rows: number): RunBatch {
  const random = seeded(seed * 1_000_003 + index);
  const session = `${seed}-${index}`;
  const unwanted = random() < 1 / UNWANTED_SHARE ? Math.floor(random() * rows) : -1;
  let [good, bad, sumOfBytes] = [0, 0, 0];
  const made = Array.from({ length: rows }, (_, row) => {
    const bytes = Math.floor(random() * 1_000_000);
    const event = { event_time: TIME, path: `/page/${row % 7}`, session, request_id: `${session}-${row}`, bytes };
    if (row === unwanted || random() < 1 / BAD_SHARE) {
      bad++;
      return row === unwanted ? { ...event, path: '/unwanted' } : { ...event, path: '/bad', status: 'not-a-number' };
    }
    good++;
    sumOfBytes += bytes;
    return { ...event, status: 200, user_agent: FILLER };
  });
  return { ...makeBatch(made), good, bad, sumOfBytes };
}
