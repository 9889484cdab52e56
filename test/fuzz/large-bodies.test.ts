import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { MOST_STRUCTURES } from '../../functions/ingest/bound-structures.ts';
import type { MediaType } from '../../functions/ingest/parse-rows.ts';
import type { Judged, LargeBody } from './support/judging-thread.ts';

// The largest bodies that the limits let in, of the forms that cost most; half of two, which take up to 1.5 s whole: names of dots, and a name around many values.

const { inflatedBytes, bytes, rows, rowBytes } = STREAM_LIMITS;
const MOST_MS = 1_000;
/** What goes to ClickHouse, for each byte that came: a name is written with each value that it stands around. */
const MOST_TIMES = 12;
/** The least of so many counts: what else the process does, as to collect garbage of a test before, comes and goes. */
const ATTEMPTS = 10;

/** As many rows as a batch may have, in as many bytes. @param row its text, of about that many bytes */
function many(size: number, row: (bytes: number, at: number) => string): readonly string[] {
  const each = Math.floor(size / rows) - 2;
  return Array.from({ length: rows }, (_, at) => row(each, at));
}

const list = (item: string, size: number) => Array.from({ length: Math.floor(size / (item.length + 1)) }, () => item);
const text = (size: number) => 'The quick brown fox jumps. '.repeat(size / 27 + 1).slice(0, size);
const refused = (size: number) => `{"id":1,"name":"${text(size - 40)}","level":"x"}`;
const numbers = (item: string) => (size: number) =>
  `{"id":1,"name":"a","x":[${list(item, size - 60).join(',')},9007199254740993]}`;
const fields = (size: number, at: number) =>
  `{${list('0123456789', size - 20)
    .map((_, field) => `"f${(field * 7 + at) % 999}":1`)
    .join(',')}}`;
const one =
  (row: string, size: number = bytes) =>
  () =>
    rowsOf(size, row);
/** Rows as large as they may be. */
const rowsOf = (size: number, row: string) => list(row, size).slice(0, rows).join('\n');
const members = (size: number, name: (at: number) => string = (at) => at.toString(36)) =>
  Array.from({ length: size }, (_, at) => `"${name(at)}":1`).join(',');
const kept = (value: string) => `{"id":1,"name":"a","doc":${value}}`;
const listed = (item: string) => kept(`{"a":[${list(item, rowBytes - 60).join(',')}]}`);
/** As many of the item as a body may have arrays and objects, then text up to the largest body. */
const structured = (item: string) => () => {
  const row = listed(item);
  const each = row.split(/[[{]/).length - 1;
  const full = Array.from({ length: Math.floor((MOST_STRUCTURES - rows) / each) }, () => row).join('\n');
  return `${full}\n${rowsOf(inflatedBytes - full.length - 2, refused(rowBytes - 60))}`.slice(0, inflatedBytes);
};
const document = (size: number) =>
  `{"id":1,"name":"a","price":0.12345600000000000,"doc":{"a":[${list('12.5', size - 70).join(',')}]}}`;

const STEPS = `"${'a.'.repeat(62)}a"`;
const DOTS = `{${STEPS}:{${STEPS}:{${STEPS}:{${members(25)}}}}}`;

type Form = readonly [what: string, mediaType: MediaType, body: () => string, table?: LargeBody['table']];

const BODIES: readonly Form[] = [
  ['10,000 refused lines', 'application/x-ndjson', () => many(inflatedBytes, refused).join('\n')],
  [
    '10,000 refused lines of short numbers and a long one',
    'application/x-ndjson',
    () => many(inflatedBytes, numbers('1')).join('\n'),
  ],
  [
    '10,000 refused lines of long numbers',
    'application/x-ndjson',
    () => many(inflatedBytes, numbers('1234567890.1234567')).join('\n'),
  ],
  ['10,000 lines of fields without a column', 'application/x-ndjson', () => many(inflatedBytes, fields).join('\n')],
  [
    '10,000 documents beside a number of 17 digits',
    'application/x-ndjson',
    () => many(inflatedBytes, document).join('\n'),
  ],
  [
    'a long name around thousands of values',
    'application/x-ndjson',
    one(kept(`{"${text(30_000)}":{${members(4_000)}}}`), inflatedBytes),
  ],
  [
    'a name around as many values as it may be',
    'application/x-ndjson',
    one(kept(`{"${text(50)}":{${members(600)}}}`), inflatedBytes / 2),
  ],
  ['names of dots', 'application/x-ndjson', one(kept(`{${members(3_000, (at) => `a.b.c.${at}`)}}`), inflatedBytes / 2)],
  ['names of dots in one another', 'application/x-ndjson', one(kept(DOTS), inflatedBytes)],
  ['empty objects', 'application/x-ndjson', structured('{}')],
  ['small objects', 'application/x-ndjson', structured('{"a":1}')],
  ['empty arrays', 'application/x-ndjson', structured('[]')],
  ['small arrays', 'application/x-ndjson', structured('[1]')],
  ['small arrays of numbers and texts', 'application/x-ndjson', structured('[1,"a"]')],
  ['arrays in one another', 'application/x-ndjson', structured('[[[[[[[[]]]]]]]]')],
  ['numbers and texts in one array', 'application/x-ndjson', one(listed('1,"a"'), inflatedBytes)],
  ['NULLs, numbers and texts in one array', 'application/x-ndjson', one(listed('null,1.5,"a"'), inflatedBytes)],
  ['numbers', 'application/x-ndjson', one(listed('1'), inflatedBytes)],
  ['one number of 4,400,000 digits', 'application/x-ndjson', () => kept(`{"a":${'9'.repeat(4_400_000)}}`)],
  [
    'one Decimal of 4,400,000 digits',
    'application/x-ndjson',
    () => `{"id":1,"name":"a","price":${'9'.repeat(4_400_000)}}`,
  ],
  [
    'long texts that begin alike, for LowCardinality',
    'application/x-ndjson',
    () => Array.from({ length: 1_100 }, (_, at) => `{"name":"a","country":"${text(17_000)}${at}"}`).join('\n'),
    'hits',
  ],
  ['20,000,000 blank lines', 'application/x-ndjson', () => '\n'.repeat(inflatedBytes)],
  ['10,000 refused elements', 'application/json', () => `[${many(bytes, refused).join(',')}]`],
  [
    'one refused element among 10,000',
    'application/json',
    () =>
      `[${many(bytes, (size, at) => (at === rows - 1 ? refused(size) : refused(size).replace(',"level":"x"', ''))).join(',')}]`,
  ],
  ['two million elements', 'application/json', () => `[${'0,'.repeat(bytes / 2 - 2)}0]`],
  [
    '10,000 refused records',
    'text/csv',
    () => `id,name,level\n${many(bytes, (size) => `1,${text(size - 10)},x`).join('\n')}`,
  ],
  ['four million blank records', 'text/csv', () => `id,name\n${'\n'.repeat(bytes - 10)}`],
];

let thread: Worker;

beforeAll(() => {
  thread = new Worker(new URL('./support/judging-thread.ts', import.meta.url));
});
afterAll(() => thread.terminate());

async function judge(large: LargeBody): Promise<Judged> {
  thread.postMessage(large);
  const [judged] = await once(thread, 'message');
  return judged;
}

describe('the largest body', () => {
  test.each(BODIES)(
    'of %s takes no second, and goes out as not much more',
    async (_what, mediaType, make, table = 'samples') => {
      const body = Buffer.from(make());
      let least = Number.POSITIVE_INFINITY;
      let sent = 0;

      for (let attempt = 0; attempt < ATTEMPTS && least > MOST_MS; attempt++) {
        const { tookMs, written } = await judge({ body, mediaType, table });
        least = Math.min(least, tookMs);
        sent = written;
      }

      expect(least).toBeLessThan(MOST_MS);
      expect(sent).toBeLessThan(body.length * MOST_TIMES);
    },
    120_000,
  );
});
