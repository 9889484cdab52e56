import type { CollectorCode } from '../../../edgeworker/src/collector-answer.ts';
import type { Draw } from './chaos-random.ts';

/** What a part of the head may be refused for, in the order of the checks. */
export const HEAD_FAULTS = [
  'MEDIA_TYPE_UNSUPPORTED',
  'ORIGIN_DENIED',
  'BODY_TOO_LARGE',
  'BATCH_ID_MALFORMED',
] as const satisfies readonly CollectorCode[];
type HeadFault = (typeof HEAD_FAULTS)[number];

/** What is posted to the collector, each part with what is wrong with it, if anything. */
export interface CollectPost {
  readonly method: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly format: 'json' | 'csv';
  readonly text: string;
  /** Reading the body fails: the visitor went away, or it is over a limit of Akamai's. */
  readonly cut: boolean;
  readonly headFaults: ReadonlySet<HeadFault>;
  /** Looked for after those of the head. */
  readonly bodyFault: CollectorCode | undefined;
  readonly origin: 'same' | 'allowed' | 'denied';
  readonly rows: number;
  /** In lower case. */
  readonly batchId: string | undefined;
}

/** A value of a part of the request, and what is wrong with it. */
interface Part<T> {
  readonly value: T;
  readonly fault?: boolean;
}

type Line = string | undefined;

const JSON_TYPES: readonly Part<Line>[] = [
  { value: 'application/json' },
  { value: 'text/plain' },
  { value: 'text/plain;charset=UTF-8' },
  { value: 'APPLICATION/JSON ; charset="utf-8"' },
];
const CSV_TYPES: readonly Part<Line>[] = [{ value: 'text/csv' }, { value: 'text/csv; charset=utf-8' }];
const WRONG_TYPES = [
  undefined,
  '',
  'application/x-ndjson',
  'application/json; charset=latin1',
  'text/html',
  'application/jsonx',
];
const ENCODINGS: readonly Part<Line>[] = [
  { value: undefined },
  { value: '' },
  { value: 'IDENTITY' },
  { value: 'gzip', fault: true },
  { value: 'identity, gzip', fault: true },
];
const LENGTHS: readonly Part<Line>[] = [
  { value: undefined },
  { value: '12' },
  { value: 'abc' },
  { value: '-1' },
  { value: '65537', fault: true },
  { value: '1e9', fault: true },
];
const SITE = 'https://www.site.example';
const ORIGINS: readonly {
  readonly origin?: string;
  readonly referer?: string;
  readonly verdict: CollectPost['origin'];
}[] = [
  { origin: SITE, verdict: 'same' },
  { origin: SITE, referer: 'https://evil.example/', verdict: 'same' },
  { referer: `${SITE}/page?x`, verdict: 'same' },
  { origin: 'https://www.example.com', verdict: 'allowed' },
  { referer: 'https://www.example.com/a#b', verdict: 'allowed' },
  { origin: 'https://evil.example', referer: `${SITE}/`, verdict: 'denied' },
  { origin: 'null', verdict: 'denied' },
  { origin: `${SITE}.evil.example`, verdict: 'denied' },
  { referer: `${SITE}@evil.example/`, verdict: 'denied' },
  { referer: `${SITE}\\evil.example/`, verdict: 'denied' },
  { verdict: 'denied' },
];
const ID = '0193573e-2c00-7a5b-8c1d-0123456789ab';
const OTHER_ID = '0193573e-2c00-7a5b-8c1d-0123456789ac';
const IDS: readonly {
  readonly header?: string;
  readonly query: string;
  readonly id?: string;
  readonly fault?: boolean;
}[] = [
  { query: '' },
  { query: 'a=b&batches=1' },
  { header: ID, query: '', id: ID },
  { header: ID.toUpperCase(), query: `batch=${ID}`, id: ID },
  { query: `x=1&batch=${ID}`, id: ID },
  { header: ID, query: `batch=${OTHER_ID}`, fault: true },
  { query: 'batch=', fault: true },
  { header: `${ID}, ${ID}`, query: '', fault: true },
  { header: "1' OR '1'='1", query: '', fault: true },
];
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'post'];

/** Mostly fine; then with one or more faults. @param mostRows the most that a batch with nothing wrong has */
export function drawPost(draw: Draw, mostRows: number): CollectPost {
  const wild = draw.chance(0.35);
  const from = <T extends { readonly fault?: boolean }>(parts: readonly T[]): T =>
    draw.pick(wild && draw.chance(0.3) ? parts : parts.filter(({ fault }) => fault !== true));
  const format = draw.chance(0.3) ? 'csv' : 'json';
  const wrongType = wild && draw.chance(0.1);
  const type = wrongType ? draw.pick(WRONG_TYPES) : draw.pick(format === 'csv' ? CSV_TYPES : JSON_TYPES).value;
  const [encoding, length, ids] = [from(ENCODINGS), from(LENGTHS), from(IDS)];
  const origin = draw.pick(wild && draw.chance(0.3) ? ORIGINS : ORIGINS.filter(({ verdict }) => verdict !== 'denied'));
  const method = wild && draw.chance(0.15) ? draw.pick(METHODS) : 'POST';
  const body = format === 'csv' ? drawCsv(draw, mostRows) : drawJson(draw, mostRows);
  const lines = {
    'content-type': type,
    'content-encoding': encoding.value,
    'content-length': length.value,
    origin: origin.origin,
    referer: origin.referer,
    'edge-batch-id': ids.header,
  };
  const isFaulty: Readonly<Record<HeadFault, boolean>> = {
    MEDIA_TYPE_UNSUPPORTED: wrongType || encoding.fault === true,
    ORIGIN_DENIED: origin.verdict === 'denied',
    BODY_TOO_LARGE: length.fault === true,
    BATCH_ID_MALFORMED: ids.fault === true,
  };
  return {
    method,
    query: ids.query,
    headers: Object.fromEntries(
      Object.entries(lines).map(([name, value]) => [name, value === undefined ? [] : [value]]),
    ),
    format,
    text: body.text,
    cut: draw.chance(0.04),
    headFaults: new Set(HEAD_FAULTS.filter((code) => isFaulty[code])),
    bodyFault: body.fault,
    origin: origin.verdict,
    rows: body.rows,
    batchId: ids.id,
  };
}

interface Body {
  readonly text: string;
  readonly rows: number;
  readonly fault?: CollectorCode;
}

/** Columns of the edge that a page names; its values there are none that the edge has. */
const SPOOFED = ['client_network', 'user_agent', 'country', 'language', 'session', 'plan', 'latitude', 'site'];
/** No double holds these. */
const INFINITE = ['1e999', '-1E+400', '9'.repeat(400), '1e0999'];
const VALUES: readonly unknown[] = [
  '',
  'x',
  'żółw \u{1f600}',
  '\ud800',
  '\u0000',
  0,
  -1,
  1e300,
  1.5,
  true,
  null,
  [],
  [[1]],
  { a: { b: [] } },
];
const KEYS = [
  'path',
  'event_time',
  'request_id',
  ...SPOOFED,
  '_batch_id',
  '_row',
  '__proto__',
  'constructor',
  'toJSON',
  'a b',
  '',
];

function drawJson(draw: Draw, mostRows: number): Body {
  const event = (): string => {
    const members = Array.from({ length: draw.int(0, 6) }, () => {
      const value = draw.chance(0.004) ? draw.pick(INFINITE) : JSON.stringify(draw.pick(VALUES));
      return `${JSON.stringify(draw.pick(KEYS))}:${value}`;
    });
    return draw.chance(0.1) ? JSON.stringify(draw.pick(VALUES)) : `{${members.join(',')}}`;
  };
  const batch = (rows: number): string => `[${Array.from({ length: rows }, event).join(',')}]`;
  const few = draw.int(1, 12);
  if (draw.chance(0.7)) {
    const text = batch(few);
    return { text, rows: few, ...(hasInfinite(JSON.parse(text)) ? { fault: 'BODY_MALFORMED' } : {}) };
  }
  return draw.pick<() => Body>([
    () => ({ text: '[]', rows: 0, fault: 'ROWS_EMPTY' }),
    () => ({ text: ` \n[\t] `, rows: 0, fault: 'ROWS_EMPTY' }),
    () => ({ text: `[${'{},'.repeat(mostRows - 1)}{}]`, rows: mostRows }),
    () => ({ text: `[${'1,'.repeat(500)}1]`, rows: 501, fault: 'EVENTS_TOO_MANY' }),
    () => ({
      text: draw.pick([
        '',
        '{',
        'null',
        '1',
        '"x"',
        '{}',
        '[1,]',
        "['a']",
        '[NaN]',
        '\ufeff[1]',
        '[1]x',
        '[',
        'undefined',
      ]),
      rows: 0,
      fault: 'BODY_MALFORMED',
    }),
    () => ({ text: batch(few).slice(0, -1), rows: 0, fault: 'BODY_MALFORMED' }),
    () => ({ text: `["${'x'.repeat(65_532)}"]`, rows: 1 }),
    () => ({ text: `["${'x'.repeat(65_533)}"]`, rows: 0, fault: 'BODY_TOO_LARGE' }),
    () => ({ text: `["${'€'.repeat(22_000)}"]`, rows: 0, fault: 'BODY_TOO_LARGE' }),
    // Deep enough for V8 to parse it and not to write it again.
    () => ({ text: `[${'['.repeat(30_000)}${']'.repeat(30_000)}]`, rows: 1, fault: 'BODY_MALFORMED' }),
  ])();
}

function hasInfinite(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinite);
}

function drawCsv(draw: Draw, mostRows: number): Body {
  const cell = (): string =>
    draw.pick(['1', '', '\\N', '"a,b"', '"two\r\nlines"', '"a ""quoted"" one"', 'żółw', '-', '=1+1']);
  const end = draw.pick(['\n', '\r\n']);
  const few = draw.int(1, 12);
  const rows = Array.from({ length: few }, () => `${cell()},${cell()},x`);
  const text = (lines: readonly string[]): string => lines.join(end);
  if (draw.chance(0.7)) return { text: text(['path,"event type",z', ...rows]), rows: few };
  return draw.pick<() => Body>([
    () => ({ text: `\ufeff${text([`path,request_id,${draw.pick(SPOOFED)}`, ...rows, '', ''])}`, rows: few }),
    () => ({ text: text(['a,b,c', '1', '1,2,3,4']), rows: 2 }),
    () => ({ text: 'path,type', rows: 0, fault: 'ROWS_EMPTY' }),
    () => ({
      text: draw.pick(['', '\n\n', 'a,a\n1,2', 'a,,b\n1,2,3', '"a\n1', 'a,b\n"1"x,2', 'country,city\nUS,B', 'a\n1"2']),
      rows: 0,
      fault: 'BODY_MALFORMED',
    }),
    () => ({ text: text(['a', ...Array.from({ length: mostRows }, () => '1')]), rows: mostRows }),
    () => ({ text: text(['a', ...Array.from({ length: 501 }, () => '1')]), rows: 501, fault: 'EVENTS_TOO_MANY' }),
  ])();
}
