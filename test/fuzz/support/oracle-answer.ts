import { headerFault, inflated, MOST_BYTES, TOLERANCE } from '../../integration/support/documented-batch.ts';
import type { RawRequest } from '../../integration/support/raw-http.ts';
import { digestOf } from '../../integration/support/spoof-batch.ts';
import { judgeSignature, type KnownMaster } from '../../integration/support/spoof-oracle-signature.ts';
import type { FuzzTable } from './fuzz-tables.ts';
import { readCsv } from './oracle-csv.ts';
import { readElements, readJson } from './oracle-json.ts';
import { type ExpectedRow, judgeRow } from './oracle-rows.ts';

// The order of design §3.2, written down a second time for bodies of every format.

/** What a batch must be answered: a code that refuses it, one of two where the bytes leave both open, or its rows. */
export type Expected =
  | { readonly kind: 'refused'; readonly codes: readonly string[] }
  | { readonly kind: 'judged'; readonly table: FuzzTable; readonly rows: readonly ExpectedRow[] };

export interface Known {
  /** Seconds since the epoch. */
  readonly now: number;
  /** End of the token. */
  readonly exp: number;
  readonly masters: readonly KnownMaster[];
  readonly tables: readonly FuzzTable[];
  /** What the names of the sender's sources begin with. */
  readonly sources: string;
}

/** @param headers as the gateway hands them over, see `headersOf` */
export function judgeRequest(
  { body }: RawRequest,
  headers: ReadonlyMap<string, string>,
  stream: string,
  known: Known,
): Expected {
  const refused = (...codes: readonly string[]): Expected => ({ kind: 'refused', codes });
  const header = (name: string): string => headers.get(name) ?? '';
  const table = known.tables.find((one) => one.stream === stream);
  const fault = headerFault(headers);
  if (fault !== undefined) return refused(fault);
  const media = mediaOf(header('content-type'));
  if (media === undefined) return refused('MEDIA_TYPE_UNSUPPORTED');
  const encoding = headers.get('content-encoding');
  const isText = media !== 'application/x-ndjson';
  // Text types come through the gateway as text, and an empty body does not come at all.
  if (encoding !== undefined && (encoding !== 'gzip' || isText || body.length === 0)) {
    return refused('ENCODING_UNSUPPORTED');
  }
  const sent = isText ? Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)) : body;
  if (sent.length > (table?.limits.bytes ?? MOST_BYTES)) return refused('BODY_TOO_LARGE');
  if (known.now >= known.exp + TOLERANCE) return refused('TOKEN_EXPIRED');
  if (digestOf(sent) !== header('content-digest')) return refused('DIGEST_MISMATCH');
  const [, token] = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header('authorization')) ?? [];
  if (token === undefined) return refused('BATCH_SIGNATURE_INVALID');
  const signature = judgeSignature(headers, `/v1/streams/${stream}/batches`, token, known);
  if (signature !== undefined) return refused(signature);
  if (table === undefined) return refused('STREAM_UNKNOWN');
  const source = header('edge-source');
  if (!source.startsWith(known.sources) || source === known.sources) return refused('POLICY_DENIED');
  return judgeBody(sent, media, encoding, Number(header('edge-batch-rows')), table);
}

/** As the gateway hands them over: names in lower case, what is sent twice joined with a comma, blanks around the whole gone. */
export function headersOf({ headers }: Pick<RawRequest, 'headers'>): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = joined.get(name.toLowerCase());
    joined.set(name.toLowerCase(), before === undefined ? value : `${before},${value}`);
  }
  return new Map([...joined].map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]));
}

type Media = 'application/json' | 'application/x-ndjson' | 'text/csv';

function mediaOf(value: string): Media | undefined {
  const form =
    /^(application\/json|application\/x-ndjson|text\/csv)([ \t]*;[ \t]*charset=(?:"utf-8"|utf-8"?|"utf-8))*$/;
  const type = form.exec(value.toLowerCase())?.[1];
  return type === 'application/json' || type === 'application/x-ndjson' || type === 'text/csv' ? type : undefined;
}

function judgeBody(
  sent: Buffer,
  media: Media,
  encoding: string | undefined,
  declared: number,
  table: FuzzTable,
): Expected {
  const refused = (...codes: readonly string[]): Expected => ({ kind: 'refused', codes });
  const { inflatedBytes, inflateRatio } = table.limits;
  const plain = encoding === undefined ? sent : inflated(sent);
  const most = Math.min(inflatedBytes, sent.length * inflateRatio);
  // What is broken may reach the limit first.
  if (plain === undefined) return refused('BODY_MALFORMED', 'INFLATE_LIMIT');
  if (encoding !== undefined && plain.length > most) return refused('INFLATE_LIMIT');
  const rows = rowsOf(plain, media, table);
  if (rows === undefined) return refused('BODY_MALFORMED');
  if (rows.length === 0) return refused('ROWS_EMPTY');
  if (rows.length > table.limits.rows) return refused('ROWS_TOO_MANY');
  if (rows.length !== declared) return refused('HEADER_MISMATCH');
  return { kind: 'judged', table, rows: rows.map((judge) => judge()) };
}

/** Rows that are judged when somebody asks. */
type Rows = readonly (() => ExpectedRow)[];

function rowsOf(plain: Buffer, media: Media, table: FuzzTable): Rows | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } catch {
    return undefined;
  }
  switch (media) {
    case 'application/json':
      return readElements(text)?.map(
        ({ value, raw }) =>
          () =>
            judgeRow(table, { kind: 'json', value }, raw, undefined),
      );
    case 'application/x-ndjson':
      return linesOf(text, table);
    case 'text/csv':
      return recordsOf(text, table);
  }
}

function linesOf(text: string, table: FuzzTable): Rows | undefined {
  const rows: (() => ExpectedRow)[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (/^[ \t\r]*$/.test(line)) continue;
    const value = readJson(line);
    if (value === undefined) return undefined;
    rows.push(() => judgeRow(table, { kind: 'json', value }, line, at + 1));
  }
  return rows;
}

function recordsOf(text: string, table: FuzzTable): Rows | undefined {
  const [header, ...records] = readCsv(text) ?? [];
  const names = header?.fields.filter((name) => typeof name === 'string' && name !== '');
  if (header === undefined || names === undefined || new Set(names).size !== header.fields.length) return undefined;
  return records.map(
    (record) => () => judgeRow(table, { kind: 'csv', names: names.map(String), record }, record.raw, record.line),
  );
}
