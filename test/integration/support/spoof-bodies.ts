import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type BatchForm, ROWS, type Sender, type Spoof, signed, unsignedBatch, withBody } from './spoof-batch.ts';

const ARRAY = Buffer.from(JSON.stringify(ROWS));
const LINES = Buffer.from(`${JSON.stringify(ROWS[0])}\n`);

interface Kind {
  readonly name: string;
  readonly form: BatchForm & { readonly body: Buffer };
}

const KINDS: readonly Kind[] = [
  { name: 'JSON', form: { body: ARRAY } },
  { name: 'NDJSON', form: { body: LINES, contentType: 'application/x-ndjson' } },
  { name: 'gzip', form: { body: gzipSync(LINES), contentType: 'application/x-ndjson', gzip: true } },
];

/** One or more of every class of bytes that a reader of text, JSON or lines may see differently. */
const BYTES: Readonly<Record<string, Buffer>> = {
  NUL: Buffer.from([0]),
  'a control byte': Buffer.from([1]),
  tab: Buffer.from('\t'),
  LF: Buffer.from('\n'),
  CR: Buffer.from('\r'),
  blank: Buffer.from(' '),
  quote: Buffer.from('"'),
  backslash: Buffer.from('\\'),
  comma: Buffer.from(','),
  colon: Buffer.from(':'),
  digit: Buffer.from('7'),
  letter: Buffer.from('x'),
  'opening brace': Buffer.from('{'),
  'closing brace': Buffer.from('}'),
  'opening bracket': Buffer.from('['),
  'closing bracket': Buffer.from(']'),
  DEL: Buffer.from([0x7f]),
  'a lone continuation byte': Buffer.from([0x80]),
  'a lone lead byte': Buffer.from([0xc3]),
  'an overlong form': Buffer.from([0xc0, 0xaf]),
  'a surrogate': Buffer.from([0xed, 0xa0, 0x80]),
  'beyond Unicode': Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  'byte 0xff': Buffer.from([0xff]),
  é: Buffer.from('é'),
  'an emoji': Buffer.from('😀'),
  'the replacement character': Buffer.from('\ufffd'),
  'a line separator': Buffer.from('\u2028'),
  'a byte order mark': Buffer.from('\ufeff'),
};

/** Who sees to it that the rest fits: nobody, one who can digest but has no key, one who has it. */
const ACTORS: readonly (readonly [
  name: string,
  send: (sender: Sender, now: number, kind: Kind, body: Buffer) => Spoof['request'],
])[] = [
  [
    'digest and signature left',
    (sender, now, { form }, body) => ({ ...signed(unsignedBatch(sender, now, form)), body }),
  ],
  ['digest made new', (sender, now, { form }, body) => withBody(signed(unsignedBatch(sender, now, form)), body)],
  ['signed', (sender, now, { form }, body) => signed(unsignedBatch(sender, now, { ...form, body }))],
];

export function spoofedBodies(sender: Sender, now: number): readonly Spoof[] {
  const everywhere = KINDS.flatMap((kind) =>
    edits(kind).flatMap(([what, body]) =>
      ACTORS.map(
        ([actor, send]): Spoof => ({ name: `${kind.name}: ${what}, ${actor}`, request: send(sender, now, kind, body) }),
      ),
    ),
  );
  const forms = FORMS.map(([name, form]): Spoof => ({ name, request: signed(unsignedBatch(sender, now, form)) }));
  return [...everywhere, ...forms];
}

function edits({ form: { body } }: Kind): readonly (readonly [what: string, body: Buffer])[] {
  // The middle of JSON and NDJSON lies within the path, a text that may have any character.
  const places = [
    ['start', 0],
    ['middle', Math.max(body.indexOf('spoofed'), 0) + 3 || body.length >> 1],
    ['end', body.length - 1],
  ] as const;
  return places.flatMap(([place, at]) => [
    [`the byte at the ${place} removed`, Buffer.concat([body.subarray(0, at), body.subarray(at + 1)])] as const,
    ...Object.entries(BYTES).flatMap(([name, bytes]) => [
      [`${name} added at the ${place}`, Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)])] as const,
      [
        `${name} for the byte at the ${place}`,
        Buffer.concat([body.subarray(0, at), bytes, body.subarray(at + 1)]),
      ] as const,
    ]),
    ...(place === 'end'
      ? Object.entries(BYTES).map(([name, bytes]) => [`${name} behind the end`, Buffer.concat([body, bytes])] as const)
      : []),
  ]);
}

const ndjson = (body: Buffer | string, rows = 1): BatchForm => ({
  body: Buffer.from(body),
  rows,
  contentType: 'application/x-ndjson',
});
const gzip = (body: Buffer, rows = 1): BatchForm => ({ ...ndjson(body, rows), gzip: true });
const json = (text: string, rows = 1): BatchForm => ({ body: Buffer.from(text), rows });
const wide = (text: string): Buffer => Buffer.from(text, 'utf16le');
const ROW = JSON.stringify(ROWS[0]);
const ZIPPED = gzipSync(LINES);

/** A byte of the gzip frame with one bit turned: 10 bytes of header, 8 of checksum and length. */
function brokenFrames(): readonly (readonly [string, BatchForm])[] {
  const places = [
    ...Array.from({ length: 11 }, (_, at) => at),
    ...Array.from({ length: 8 }, (_, at) => ZIPPED.length - 1 - at),
  ];
  return places.flatMap((at) =>
    [0x01, 0x80].map((bit) => {
      const body = Buffer.from(ZIPPED);
      body[at] = (body[at] ?? 0) ^ bit;
      return [`gzip: bit ${bit} of byte ${at} of ${ZIPPED.length} turned`, gzip(body)] as const;
    }),
  );
}

/** Bodies that are wrong as a whole, and some that are right in an unusual way; signed, all of them. */
const FORMS: readonly (readonly [name: string, form: BatchForm])[] = [
  ...[
    '',
    ' ',
    '[]',
    '[ ]',
    'null',
    'true',
    '0',
    '""',
    '{}',
    '{"rows":[]}',
    '[',
    ']',
    '[[]]',
    '[null]',
    '[{}]',
    'NaN',
  ].flatMap((text) => [
    [`JSON ${JSON.stringify(text)}`, json(text)] as const,
    [`NDJSON ${JSON.stringify(text)}`, ndjson(text)] as const,
    [`JSON ${JSON.stringify(text)} of no row`, json(text, 0)] as const,
  ]),
  ['JSON: a comma at the end', json(`[${ROW},]`)],
  ['JSON: a comment', json(`[${ROW}/* */]`)],
  ['JSON: two texts', json(`[${ROW}][${ROW}]`, 2)],
  ['JSON: a row more than declared', json(`[${ROW},${ROW}]`)],
  ['JSON: a row less than declared', json(`[${ROW}]`, 2)],
  ['JSON as NDJSON', ndjson(`[${ROW}]`)],
  ['NDJSON as JSON', json(`${ROW}\n`)],
  ['NDJSON: CR alone between rows', ndjson(`${ROW}\r${ROW}`, 2)],
  ['NDJSON: two rows in a line', ndjson(`${ROW}${ROW}\n`, 2)],
  ['NDJSON: a row over two lines', ndjson(JSON.stringify(ROWS[0], undefined, 1), 1)],
  ['JSON in UTF-16', { body: wide(`[${ROW}]`) }],
  ['JSON in UTF-16 with a mark', { body: wide(`\ufeff[${ROW}]`) }],
  ['NDJSON in UTF-16', ndjson(wide(`${ROW}\n`))],
  ['NDJSON in UTF-16, big-endian, with a mark', ndjson(wide(`\ufeff${ROW}\n`).swap16())],
  ['NDJSON in UTF-7', ndjson(ROW.replaceAll('"', '+ACI-'))],
  ['NDJSON in Latin-1', ndjson(Buffer.from(ROW.replace('spoofed', 'spoofé'), 'latin1'))],
  ['NDJSON in Base64', ndjson(Buffer.from(ROW).toString('base64'))],
  ['gzip: cut by a byte', gzip(ZIPPED.subarray(0, -1))],
  ['gzip: cut before its checksum', gzip(ZIPPED.subarray(0, -8))],
  ['gzip: the header alone', gzip(ZIPPED.subarray(0, 10))],
  ['gzip: nothing', gzip(Buffer.alloc(0))],
  ['gzip: of nothing', gzip(gzipSync(''))],
  ['gzip: not compressed', gzip(LINES)],
  ['gzip: twice compressed', gzip(gzipSync(ZIPPED))],
  ['gzip: two members', gzip(Buffer.concat([ZIPPED, ZIPPED]), 2)],
  ['gzip: a second member that the count leaves out', gzip(Buffer.concat([ZIPPED, ZIPPED]))],
  ['gzip: half a second member', gzip(Buffer.concat([ZIPPED, ZIPPED.subarray(0, 15)]))],
  ['gzip: zlib', gzip(deflateSync(LINES))],
  ['gzip: raw deflate', gzip(deflateRawSync(LINES))],
  ['gzip: brotli', gzip(brotliCompressSync(LINES))],
  ['gzip: a bomb by ratio', gzip(gzipSync(Buffer.alloc(1_000_000, '\n')))],
  ['gzip: a bomb by size', gzip(gzipSync(Buffer.alloc(20_000_001, `${ROW}\n`)))],
  ['gzip as JSON', { body: gzipSync(ARRAY), gzip: true }],
  ['gzip that nobody declares', ndjson(ZIPPED)],
  ['10,001 rows', json(`[${'0,'.repeat(10_000)}0]`, 10_001)],
  ['10,001 rows, one declared', json(`[${'0,'.repeat(10_000)}0]`)],
  ['a byte over the limit', json(`${' '.repeat(4_500_000 - 1)}[]`, 0)],
  ['at the limit', json(`${' '.repeat(4_500_000 - 2)}[]`, 0)],
  ...brokenFrames(),
];
