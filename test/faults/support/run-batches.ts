import { seeded } from '../../../local/seeded.ts';
import { BATCH_FORMATS, type BatchFormat } from './batch-formats.ts';
import { RUN_STREAMS, type RunStream } from './fault-run-tables.ts';
import { makeBatch, type TestBatch } from './signed-batch.ts';

/** What has to become of rows. */
export interface Expected {
  /** Rows that are to be in the table, and what their `bytes` add up to. */
  readonly good: number;
  readonly sumOfBytes: number;
  /** Rows that are to be in quarantine. */
  readonly bad: number;
}

/** A batch of a fault run. */
export interface RunBatch extends TestBatch, Expected {
  /** Its stream, and how its rows are written. */
  readonly shape: string;
}

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

/** What every row of either stream has. */
interface Common {
  readonly path: string;
  readonly session: string;
  readonly request_id: string;
  readonly bytes: number;
}

/** Each good row names its batch and its own number: a row that went astray, or twice, shows. */
export function makeRunBatch(seed: number, index: number, rows: number): RunBatch {
  const random = seeded(seed * 1_000_003 + index);
  const session = `${seed}-${index}`;
  const stream = drawn<RunStream>(RUN_STREAMS, random());
  const format = drawn<BatchFormat>(BATCH_FORMATS, random());
  // Rows that leave out different columns go out in another format.
  const isMixed = random() < 0.5;
  const unwanted = random() < 1 / UNWANTED_SHARE ? Math.floor(random() * rows) : -1;
  let [good, bad, sumOfBytes] = [0, 0, 0];
  const made = Array.from({ length: rows }, (_, row) => {
    const bytes = Math.floor(random() * 1_000_000);
    const common = { path: `/page/${row % 7}`, session, request_id: `${session}-${row}`, bytes };
    if (row === unwanted || random() < 1 / BAD_SHARE) {
      bad++;
      return rowOf(stream, { ...common, path: row === unwanted ? '/unwanted' : '/bad' }, row, isMixed);
    }
    good++;
    sumOfBytes += bytes;
    return rowOf(stream, common, row, isMixed);
  });
  const shape = `${stream} as ${format}${isMixed ? ', mixed' : ''}`;
  return { ...makeBatch(made, { stream, format }), good, bad, sumOfBytes, shape };
}

function drawn<T>(all: readonly T[], chance: number): T {
  const [first] = all;
  const one = all[Math.floor(chance * all.length)] ?? first;
  if (one === undefined) throw new TypeError('there is nothing to draw from');
  return one;
}

function rowOf(stream: RunStream, common: Common, row: number, isMixed: boolean): unknown {
  const isBad = common.path === '/bad';
  const isShort = isMixed && row % 3 === 0;
  if (stream === 'web_events') {
    const kind = isShort ? {} : { event_type: 'page' };
    return { event_time: TIME, ...common, status: isBad ? 'not-a-number' : 200, user_agent: FILLER, ...kind };
  }
  const doc = { at: { row }, session: common.session, list: [row, 'a', { b: FILLER }] };
  return { ...common, doc: isBad ? [] : doc, ...(isShort ? {} : { state: 'paid', tags: ['a', 'b'] }) };
}
