import { gzipSync } from 'node:zlib';
import { REQUIRED_HEADERS } from './documented-batch.ts';
import {
  headerOf,
  ROWS,
  type Sender,
  type Spoof,
  signed,
  type UnsignedBatch,
  unsignedBatch,
  withHeader,
} from './spoof-batch.ts';

const NDJSON = `${JSON.stringify(ROWS[0])}\n`;

const HEADERS = [...REQUIRED_HEADERS, 'content-encoding'] as const;
type HeaderName = (typeof HEADERS)[number];

/** What is sent in a header's place: a line each, or none. */
type Change = readonly [name: string, values: (good: string) => readonly string[]];

const within = (good: string, text: string): string => {
  const middle = Math.ceil(good.length / 2);
  return good.slice(0, middle) + text + good.slice(middle);
};
const swapCase = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

/** Bytes that a value may not have, but for the tab: a place for an attacker to end one header and begin another. */
const CONTROL_BYTES = [...Array.from({ length: 32 }, (_, code) => code), 0x7f];

const CHANGES: readonly Change[] = [
  ['missing', () => []],
  ['empty', () => ['']],
  ['a blank', () => [' ']],
  ['twice', (good) => [good, good]],
  ['twice, the second empty', (good) => [good, '']],
  ['twice, the first empty', (good) => ['', good]],
  ['a comma behind', (good) => [`${good},`]],
  ['in capitals', (good) => [good.toUpperCase()]],
  ['in small letters', (good) => [good.toLowerCase()]],
  ['in the other case', (good) => [swapCase(good)]],
  ['a blank in front', (good) => [`   ${good}`]],
  ['a blank behind', (good) => [`${good}   `]],
  ['tabs around', (good) => [`\t${good}\t`]],
  ['a blank within', (good) => [within(good, ' ')]],
  ['in quotes', (good) => [`"${good}"`]],
  ['percent-encoded', (good) => [encodeURIComponent(good)]],
  ['a byte less', (good) => [good.slice(0, -1)]],
  ['its first byte less', (good) => [good.slice(1)]],
  ['a parameter more', (good) => [`${good};a=1`]],
  // UTF-8 of é, of a zero-width blank, of a full-width comma; a lone byte that is no UTF-8; a no-break space of Latin-1.
  ...['\xc3\xa9', '\xe2\x80\x8b', '\xef\xbc\x8c', '\xff', '\xa0'].flatMap((text): readonly Change[] => [
    [`${hex(text)} in front`, (good) => [text + good]],
    [`${hex(text)} within`, (good) => [within(good, text)]],
    [`${hex(text)} behind`, (good) => [good + text]],
  ]),
  ...CONTROL_BYTES.map((code): Change => [`control byte ${code}`, (good) => [within(good, String.fromCharCode(code))]]),
  ['300 bytes', (good) => [good.padEnd(300, 'a')]],
  ['4 KB', (good) => [good.padEnd(4_096, 'a')]],
  ['11 KB', (good) => [good.padEnd(11_000, 'a')]],
];

/** Values that are well formed and not this batch's, or nearly well formed. */
const OTHERS: Readonly<Record<HeaderName, readonly string[]>> = {
  authorization: ['Basic ZWRnZTpob3VzZQ==', 'Bearer', 'Bearer x.y.z', 'DPoP x.y.z', 'Bearer null', 'Bearer undefined'],
  'content-type': [
    'text/plain',
    'text/json',
    'application/x-ndjson',
    'application/json; charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json+x',
    'application/jsonl',
    'multipart/form-data; boundary=application/json',
    '*/*',
  ],
  'content-encoding': ['identity', 'br', 'x-gzip', 'gzip, gzip', 'deflate', 'none'],
  'content-digest': [
    `sha-256=:${Buffer.alloc(32).toString('base64')}:`,
    `sha-512=:${Buffer.alloc(64).toString('base64')}:`,
    `sha-256=${Buffer.alloc(32).toString('base64')}`,
    `sha-256="${Buffer.alloc(32).toString('base64')}"`,
    'sha-256=::',
    'sha-256',
  ],
  'edge-batch-id': [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '{018f3c3e-0000-7000-8000-000000000001}',
    '018f3c3e000070008000000000000001',
    'urn:uuid:018f3c3e-0000-7000-8000-000000000001',
    '018f3c3e-0000-7000-8000-00000000000g',
  ],
  'edge-batch-rows': [
    '0',
    '2',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e0',
    '0x1',
    ' 1',
    '\xd9\xa1',
    '4294967297',
    '1'.repeat(40),
    'NaN',
  ],
  'edge-source': [
    'ew/12346/0.1.0',
    'ew/12345',
    'ew/12345/',
    'ew/12345/../12346/1',
    'EW/12345/1',
    '*',
    'ew/12345/*',
    'app/1',
  ],
  'signature-input': ['edge', 'edge=()', 'edge=();created=1;keyid="1.a";tag="edgehouse"', 'sig1=("@method")'],
  signature: ['edge', 'edge=::', `edge=:${Buffer.alloc(32).toString('base64')}:`, 'edge=1', 'edge="x"'],
};

/** Every header in every form, sent by one who signs what it sends, and by one who changes what another has signed. */
export function spoofedHeaders(sender: Sender, other: Sender, now: number): readonly Spoof[] {
  return HEADERS.flatMap((header) => {
    const good = () => goodBatch(sender, header, now);
    const tampered = (name: string, values: (value: string) => readonly string[]): Spoof => {
      const batch = signed(good());
      return {
        name: `${header}, after signing: ${name}`,
        request: withHeader(batch, header, ...values(headerOf(batch, header))),
      };
    };
    const honest = (name: string, values: (value: string) => readonly string[]): Spoof => {
      const batch = good();
      return {
        name: `${header}, signed: ${name}`,
        request: signed(withHeader(batch, header, ...values(headerOf(batch, header)))),
      };
    };
    const foreign = headerOf(signed(goodBatch(other, header, now)), header);
    const changes: readonly Change[] = [
      ...CHANGES,
      ...OTHERS[header].map((value): Change => [value, () => [value]]),
      ['that of another principal', () => [foreign]],
      ['twice, the second of another principal', (value) => [value, foreign]],
      ['twice, the first of another principal', (value) => [foreign, value]],
    ];
    const spoofs = changes.map(([name, values]) => tampered(name, values));
    if (header === 'signature' || header === 'signature-input') return [...spoofs, ...renamed(header, good)];
    return [...spoofs, ...changes.map(([name, values]) => honest(name, values)), ...renamed(header, good)];
  });
}

/** The same value under another spelling of the header's name. */
function renamed(header: HeaderName, good: () => UnsignedBatch): readonly Spoof[] {
  const spellings = [
    header.toUpperCase(),
    swapCase(header),
    `${header} `,
    `x-${header}`,
    header.replace('-', '_'),
    `${header}\0`,
  ];
  return spellings.map((spelling) => {
    const batch = signed(good());
    const headers = batch.headers.map(([name, value]) => [name === header ? spelling : name, value] as const);
    return { name: `${header} as ${JSON.stringify(spelling)}`, request: { ...batch, headers } };
  });
}

/** One that has the header at all: only what is compressed says how. */
function goodBatch(sender: Sender, header: HeaderName, now: number): UnsignedBatch {
  if (header !== 'content-encoding') return unsignedBatch(sender, now);
  return unsignedBatch(sender, now, { body: gzipSync(NDJSON), contentType: 'application/x-ndjson', gzip: true });
}

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

/** The address itself, and what is signed of it. */
export function spoofedPaths(sender: Sender, now: number): readonly Spoof[] {
  const targets = [
    '/v1/streams/nope/batches',
    '/v1/streams/WEB_EVENTS/batches',
    '/v1/streams/web%5Fevents/batches',
    '/v1/streams/web_events%20/batches',
    '/v1/streams/%20web_events/batches',
    '/v1/streams/web_events%00/batches',
    '/v1/streams/web_%C3%A9vents/batches',
    '/v1/streams/web_events%0A/batches',
    '/v1/streams/web_events,app_events/batches',
    '/v1/streams/__proto__/batches',
    '/v1/streams/constructor/batches',
    '/v1/streams/quarantine/batches',
    '/v1/streams/_batches/batches',
    '/v1/streams/*/batches',
    `/v1/streams/${'a'.repeat(2_000)}/batches`,
    '/v1/streams//batches',
    '/v1/streams/a%2Fb/batches',
    '/v1/streams/web_events/batches/',
    '/v1/streams/web_events/batches?stream=app_events',
    '/v1/streams/../streams/web_events/batches',
    '/v1//streams/web_events/batches',
    '/V1/streams/web_events/batches',
    '/v1/streams/web_events',
    '/',
  ];
  const moved = targets.flatMap((target): readonly Spoof[] => {
    const signedPath = decodeURIComponent(target.split('?')[0] ?? '');
    return [
      { name: `${target}, signed for the good one`, request: signed({ ...unsignedBatch(sender, now), target }) },
      { name: `${target}, signed`, request: signed({ ...unsignedBatch(sender, now), target, signedPath }) },
    ];
  });
  const methods = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method): Spoof => {
    return { name: `${method} instead of POST`, request: signed({ ...unsignedBatch(sender, now), method }) };
  });
  return [...moved, ...methods];
}
