import { describe, expect, test } from '@jest/globals';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { judgeRows } from '../../functions/ingest/judge-rows.ts';
import { type MediaType, parseRows } from '../../functions/ingest/parse-rows.ts';
import { quarantineBytes } from '../../functions/ingest/quarantine.ts';
import { STAMP } from '../unit/functions/ingest/stream-contract.ts';
import { contractOf } from './support/fuzz-contract.ts';

// The largest bodies that the limits let in, of the forms that cost most; of some a half or a quarter of that, because a machine with other work takes up
// to twice as long in CPU time too.

const { inflatedBytes, bytes, rows, rowBytes } = STREAM_LIMITS;
const SAMPLES = contractOf('samples');
const MOST_MS = 1_000;
/** The least of so many counts: what else the process does, as to collect garbage of a test before, comes and goes. */
const ATTEMPTS = 4;

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
const document = (size: number) =>
  `{"id":1,"name":"a","price":0.12345600000000000,"doc":{"a":[${list('12.5', size - 70).join(',')}]}}`;

const BODIES: readonly (readonly [what: string, mediaType: MediaType, body: () => string])[] = [
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

/** What ingest does with a body, but for the input and output. */
function judge(body: Buffer, mediaType: MediaType): void {
  const parsed = parseRows(body, mediaType);
  if (parsed.values.length > rows) return;
  const verdict = judgeRows(SAMPLES, parsed, STAMP, rowBytes, body.length);
  quarantineBytes(verdict.refused, 'samples', SAMPLES.hash, STAMP, rowBytes);
}

describe('the largest body', () => {
  test.each(BODIES)(
    'of %s takes no second',
    (_what, mediaType, make) => {
      const body = Buffer.from(make());
      let least = Number.POSITIVE_INFINITY;

      for (let attempt = 0; attempt < ATTEMPTS && least > MOST_MS; attempt++) {
        const before = process.cpuUsage();
        judge(body, mediaType);
        const { user, system } = process.cpuUsage(before);
        least = Math.min(least, (user + system) / 1000);
      }

      expect(least).toBeLessThan(MOST_MS);
    },
    120_000,
  );
});
