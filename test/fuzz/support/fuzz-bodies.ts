import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { jsonRow, type Members, membersFor, seldom } from './fuzz-rows.ts';
import type { FuzzTable } from './fuzz-tables.ts';

/** A body before anybody counts, digests or signs it. */
export interface FuzzBody {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly gzip: boolean;
  /** As many rows as were put into it. */
  readonly rows: number;
}

const rowsOf = <T>(row: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.array(row, { minLength: 1, maxLength: 5 }) },
    { weight: 2, arbitrary: fc.array(row, { minLength: 10, maxLength: 14 }) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(row, { minLength: 100, maxLength: 130 }) },
  );

const lineEnd = fc.constantFrom('\n', '\n', '\r\n');

function jsonBody(table: FuzzTable): fc.Arbitrary<FuzzBody> {
  const space = fc.constantFrom('', '', ' ', '\n', '\t\r\n ');
  return fc.tuple(rowsOf(jsonRow(table)), space, space).map(([rows, before, after]) => ({
    bytes: Buffer.from(`${before}[${before}${rows.join(`${after},${before}`)}${after}]${after}`),
    contentType: 'application/json',
    gzip: false,
    rows: rows.length,
  }));
}

function lineBody(table: FuzzTable): fc.Arbitrary<FuzzBody> {
  const blank = seldom(6, fc.constantFrom('', ' ', '\t'), undefined);
  return fc
    .tuple(rowsOf(fc.tuple(jsonRow(table), blank)), lineEnd, fc.boolean(), fc.boolean())
    .map(([rows, end, last, gzip]) => {
      const lines = rows.flatMap(([row, after]) => (after === undefined ? [row] : [row, after]));
      const bytes = Buffer.from(`${lines.join(end)}${last ? end : ''}`);
      return { bytes: gzip ? gzipSync(bytes) : bytes, contentType: 'application/x-ndjson', gzip, rows: rows.length };
    });
}

/** A record of `names`; some fields in quotes, seldom one too many or in quotes that say nothing. */
function csvRecord(names: readonly string[], members: Members, quotes: readonly boolean[], odd: string): string {
  const fields = names.map((name, at) => {
    const value = members.find(([known]) => known === JSON.stringify(name))?.[1];
    if (value === undefined) return '';
    const text = csvText(value);
    if (text === undefined) return '\\N';
    return quotes[at] === true || /[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(',')}${odd}`;
}

/** What a CSV field would say; undefined for NULL. */
function csvText(json: string): string | undefined {
  if (json === 'null') return undefined;
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : json;
  return String(value).toWellFormed();
}

const TEXT_TYPES = /^(?:Array|Map|Tuple)\(/;

/** Arrays, Maps and Tuples are left out: column-types-csv.test.ts compares those texts with the engine's own reading. */
function csvBody(table: FuzzTable): fc.Arbitrary<FuzzBody> {
  const columns = table.columns.filter(({ type, kind }) => !TEXT_TYPES.test(type) && kind !== 'computed');
  const names = columns.map(({ name }) => name);
  const needed = columns.filter(({ kind }) => kind === 'required').map(({ name }) => name);
  const header = fc
    .tuple(
      fc.shuffledSubarray(names, { maxLength: Math.min(6, names.length) }),
      seldom(30, fc.constantFrom('', '_row', 'x', 'loud', '__proto__', 'name'), undefined),
    )
    .map(([some, other]) => [...new Set([...needed, ...some]), ...(other === undefined ? [] : [other])]);
  const odd = seldom(25, fc.constantFrom(',', ',x', '"', ' ', '\r', 'x"'), '');
  const record = fc.tuple(
    membersFor({ ...table, columns }),
    fc.array(fc.boolean(), { maxLength: 8 }),
    odd,
    seldom(8, fc.constant('\n'), ''),
  );
  return fc
    .tuple(header, rowsOf(record), lineEnd, seldom(10, fc.constant('\ufeff'), ''), fc.boolean())
    .map(([head, rows, end, mark, last]) => {
      const lines = rows.map(([members, quotes, extra, blank]) => `${csvRecord(head, members, quotes, extra)}${blank}`);
      const text = [head.join(','), ...lines].join(end);
      return {
        bytes: Buffer.from(`${mark}${text}${last ? end : ''}`),
        contentType: 'text/csv',
        gzip: false,
        rows: rows.length,
      };
    });
}

/** Bytes that readers of text, JSON, CSV or gzip may see differently. */
const BYTES = [
  '\0',
  '\t',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '"',
  '""',
  '\\',
  ',',
  ':',
  '7',
  '-',
  '.',
  'e',
  '{',
  '}',
  '[',
  ']',
  '\ufeff',
  '\u2028',
  '\u00a0',
  '\ufffd',
  '😀',
  "'",
]
  .map((text) => Buffer.from(text))
  .concat([[0x80], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xff]].map((bytes) => Buffer.from(bytes)));

type Change = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const place = (bytes: Buffer, where: number) => Math.floor(bytes.length * where);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(at, fc.constantFrom(...BYTES)).map(
    ([where, piece]): Change =>
      (bytes) => {
        const start = place(bytes, where);
        return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start)]);
      },
  ),
  fc.tuple(at, fc.constantFrom(...BYTES)).map(
    ([where, piece]): Change =>
      (bytes) => {
        const start = place(bytes, where);
        return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start + 1)]);
      },
  ),
  fc.tuple(at, fc.nat(20)).map(
    ([where, size]): Change =>
      (bytes) => {
        const start = place(bytes, where);
        return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + size)]);
      },
  ),
  at.map(
    (where): Change =>
      (bytes) =>
        bytes.subarray(0, place(bytes, where)),
  ),
  fc.constantFrom('\ufeff', '[', ' ', '{}\n').map(
    (text): Change =>
      (bytes) =>
        Buffer.concat([Buffer.from(text), bytes]),
  ),
  fc.constantFrom(']', '\n', '\n{}', '\n\n', '\0', '"').map(
    (text): Change =>
      (bytes) =>
        Buffer.concat([bytes, Buffer.from(text)]),
  ),
);

/** Much of nothing, or much of one thing; seldom, for it is slow to make. */
const large: fc.Arbitrary<FuzzBody> = fc
  .tuple(
    fc.constantFrom(' ', '\n', '{}\n', '[', '{"a":', '0,', '"', ',\n'),
    fc.integer({ min: 1_000, max: 60_000 }),
    fc.boolean(),
    fc.constantFrom('application/json', 'application/x-ndjson', 'text/csv'),
  )
  .map(([piece, times, gzip, contentType]) => {
    const bytes = Buffer.from(piece.repeat(times));
    return {
      bytes: gzip ? gzipSync(bytes) : bytes,
      contentType: gzip ? 'application/x-ndjson' : contentType,
      gzip,
      rows: 1,
    };
  });

export function bodyFor(table: FuzzTable): fc.Arbitrary<FuzzBody> {
  const good = fc.oneof(
    { weight: 4, arbitrary: jsonBody(table) },
    { weight: 4, arbitrary: lineBody(table) },
    { weight: 3, arbitrary: csvBody(table) },
  );
  const changed = fc
    .tuple(good, fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([body, changes]) => ({ ...body, bytes: changes.reduce((bytes, one) => one(bytes), body.bytes) }));
  return fc.oneof({ weight: 50, arbitrary: good }, { weight: 12, arbitrary: changed }, { weight: 1, arbitrary: large });
}
