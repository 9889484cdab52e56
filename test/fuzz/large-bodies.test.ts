import { describe, expect, test } from '@jest/globals';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import type { Contract } from '../../functions/ingest/contract.ts';
import { judgeRows } from '../../functions/ingest/judge-rows.ts';
import { type MediaType, parseRows } from '../../functions/ingest/parse-rows.ts';
import { quarantineBytes } from '../../functions/ingest/quarantine.ts';
import { CONTRACT, STAMP } from '../unit/functions/ingest/stream-contract.ts';
import { contractOf } from './support/fuzz-contract.ts';

// The largest bodies that the limits let in, of the forms that cost most; of some a half to an eighth of that, because a machine with other work takes up
// to twice as long in CPU time too, and Jest's context makes each use of a global (`Array.isArray`) cost a look-up: a body of small arrays
// takes 0.3 s outside.

const { inflatedBytes, bytes, rows, rowBytes } = STREAM_LIMITS;
const SAMPLES = contractOf('samples');
const MOST_MS = 1_000;
/** What goes to ClickHouse, for each byte that came: a name is written with each value that it stands around. */
const MOST_TIMES = 20;
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
const document = (size: number) =>
  `{"id":1,"name":"a","price":0.12345600000000000,"doc":{"a":[${list('12.5', size - 70).join(',')}]}}`;

const STEPS = `"${'a.'.repeat(62)}a"`;
const DOTS = `{${STEPS}:{${STEPS}:{${STEPS}:{${members(25)}}}}}`;

type LargeBody = readonly [what: string, mediaType: MediaType, body: () => string, contract?: Contract];

const BODIES: readonly LargeBody[] = [
  ['10,000 refused lines', 'application/x-ndjson', () => many(inflatedBytes, refused).join('\n')],
  [
    '10,000 refused lines of short numbers and a long one',
    'application/x-ndjson',
    () => many(inflatedBytes / 2, numbers('1')).join('\n'),
  ],
  [
    '10,000 refused lines of long numbers',
    'application/x-ndjson',
    () => many(inflatedBytes / 2, numbers('1234567890.1234567')).join('\n'),
  ],
  ['10,000 lines of fields without a column', 'application/x-ndjson', () => many(inflatedBytes / 2, fields).join('\n')],
  [
    '10,000 documents beside a number of 17 digits',
    'application/x-ndjson',
    () => many(inflatedBytes / 4, document).join('\n'),
  ],
  [
    'a long name around thousands of values',
    'application/x-ndjson',
    one(kept(`{"${text(30_000)}":{${members(4_000)}}}`)),
  ],
  [
    'a name around as many values as it may be',
    'application/x-ndjson',
    one(kept(`{"${text(100)}":{${members(600)}}}`), bytes / 8),
  ],
  ['names of dots', 'application/x-ndjson', one(kept(`{${members(3_000, (at) => `a.b.c.${at}`)}}`))],
  ['names of dots in one another', 'application/x-ndjson', one(kept(DOTS))],
  ['empty objects', 'application/x-ndjson', one(listed('{}'))],
  ['small objects', 'application/x-ndjson', one(listed('{"a":1}'))],
  ['empty arrays', 'application/x-ndjson', one(listed('[]'))],
  ['small arrays', 'application/x-ndjson', one(listed('[1]'), bytes / 2)],
  ['numbers and texts in one array', 'application/x-ndjson', one(listed('1,"a"'))],
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
    CONTRACT,
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

/** What ingest does with a body, but for the input and output. @returns how many bytes it would send on */
function judge(body: Buffer, mediaType: MediaType, contract: Contract): number {
  const parsed = parseRows(body, mediaType);
  if (parsed.values.length > rows) return 0;
  const verdict = judgeRows(contract, parsed, STAMP, rowBytes, body.length);
  return verdict.bytes.length + quarantineBytes(verdict.refused, 'samples', contract.hash, STAMP, rowBytes).length;
}

describe('the largest body', () => {
  test.each(BODIES)(
    'of %s takes no second, and goes out as not much more',
    (_what, mediaType, make, contract = SAMPLES) => {
      const body = Buffer.from(make());
      let least = Number.POSITIVE_INFINITY;
      let written = 0;

      for (let attempt = 0; attempt < ATTEMPTS && least > MOST_MS; attempt++) {
        const before = process.cpuUsage();
        written = judge(body, mediaType, contract);
        const { user, system } = process.cpuUsage(before);
        least = Math.min(least, (user + system) / 1000);
      }

      expect(least).toBeLessThan(MOST_MS);
      expect(written).toBeLessThan(body.length * MOST_TIMES);
    },
    120_000,
  );
});
