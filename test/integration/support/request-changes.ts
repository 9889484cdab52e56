import { gzipSync } from 'node:zlib';
import { REQUIRED_HEADERS } from './documented-batch.ts';
import { type Draft, digestOf } from './outside-client.ts';

/** A change to a good request. Before signing it is a wrong but honest sender; after signing it is tampering. */
export interface Change {
  readonly name: string;
  readonly before?: (batch: Draft) => void;
  readonly after?: (batch: Draft) => void;
  readonly status: number;
  /** The code: in the body where ingest answers, in the audit line where the gateway does. */
  readonly code?: string;
  readonly gateway?: boolean;
}

/** Of undefined: the header is not sent. */
export const setHeader = (name: string, value: string | readonly string[] | undefined) => (batch: Draft) => {
  batch.headers[name] = value;
};

/** Changes to the headers, the body and where it goes. */
export function requestChanges(): readonly Change[] {
  // Without a token it is the gateway that answers.
  const missing = REQUIRED_HEADERS.filter((name) => name !== 'authorization').map(
    (name): Change => ({ name: `no ${name}`, after: setHeader(name, undefined), status: 400, code: 'HEADER_MISSING' }),
  );
  const malformed = [
    ['content-digest', 'md5=:AAAA:'],
    ['edge-batch-id', 'seven'],
    ['edge-batch-rows', '1.5'],
    ['edge-batch-rows', '01'],
    ['edge-source', 'ew/12345/1,ew/12345/2'],
  ] as const;
  const twice = ['edge-batch-id', 'edge-batch-rows', 'edge-source'].map(
    (name): Change => ({
      name: `${name} sent twice`,
      after: (batch) => {
        batch.headers[name] = [String(batch.headers[name]), String(batch.headers[name])];
      },
      status: 400,
      code: 'HEADER_MALFORMED',
    }),
  );
  const body =
    (text: string | Buffer, rows: string, type = 'application/json') =>
    (batch: Draft) => {
      batch.body = Buffer.from(text);
      Object.assign(batch.headers, {
        'content-digest': digestOf(batch.body),
        'edge-batch-rows': rows,
        'content-type': type,
      });
    };
  const gzip = (batch: Draft) => {
    batch.headers['content-encoding'] = 'gzip';
    batch.components.splice(3, 0, 'content-encoding');
  };
  return [
    ...missing,
    ...malformed.map(
      ([name, value]): Change => ({
        name: `${name}: ${value}`,
        before: setHeader(name, value),
        status: 400,
        code: 'HEADER_MALFORMED',
      }),
    ),
    ...twice,
    {
      name: 'text/plain',
      before: setHeader('content-type', 'text/plain'),
      status: 415,
      code: 'MEDIA_TYPE_UNSUPPORTED',
    },
    { name: 'brotli', before: setHeader('content-encoding', 'br'), status: 415, code: 'ENCODING_UNSUPPORTED' },
    {
      name: 'gzip as JSON',
      before: (batch) => {
        body(gzipSync('[]'), '1')(batch);
        gzip(batch);
      },
      status: 415,
      code: 'ENCODING_UNSUPPORTED',
    },
    {
      name: '4.6 MB',
      before: body(Buffer.alloc(4_600_000, ' '), '1', 'application/json'),
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'one byte of the body',
      after: (batch) => {
        batch.body = Buffer.from(batch.body.toString().replace('200', '201'));
      },
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    {
      name: 'another digest',
      after: setHeader('content-digest', digestOf(Buffer.from('x'))),
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    {
      name: 'a source of somebody else',
      before: setHeader('edge-source', 'ew/999/1.0'),
      status: 403,
      code: 'POLICY_DENIED',
    },
    {
      name: 'an unknown stream',
      before: (batch) => {
        batch.path = batch.signedPath = '/v1/streams/nope/batches';
      },
      status: 404,
      code: 'STREAM_UNKNOWN',
    },
    {
      name: 'a bomb',
      before: (batch) => {
        body(gzipSync(Buffer.alloc(30_000_000, '\n')), '1', 'application/x-ndjson')(batch);
        gzip(batch);
      },
      status: 413,
      code: 'INFLATE_LIMIT',
    },
    {
      name: 'not gzip',
      before: (batch) => {
        body('[]', '1', 'application/x-ndjson')(batch);
        gzip(batch);
      },
      status: 400,
      code: 'BODY_MALFORMED',
    },
    { name: 'not JSON', before: body('{', '1'), status: 400, code: 'BODY_MALFORMED' },
    { name: 'an object', before: body('{}', '1'), status: 400, code: 'BODY_MALFORMED' },
    {
      name: 'invalid UTF-8 as text',
      before: body(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), '1'),
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    {
      name: 'invalid UTF-8 as NDJSON',
      before: body(Buffer.from([0x22, 0xff, 0x22]), '1', 'application/x-ndjson'),
      status: 400,
      code: 'BODY_MALFORMED',
    },
    { name: 'no rows', before: body('[]', '0'), status: 400, code: 'ROWS_EMPTY' },
    { name: '10,001 rows', before: body(`[${'0,'.repeat(10_000)}0]`, '10001'), status: 413, code: 'ROWS_TOO_MANY' },
    { name: 'a row more than declared', before: body('[{},{}]', '1'), status: 400, code: 'HEADER_MISMATCH' },
    {
      name: 'no such route',
      before: (batch) => {
        batch.path = '/v1/streams';
      },
      status: 404,
      gateway: true,
    },
    {
      name: 'another method',
      after: (batch) => {
        batch.method = 'PUT';
      },
      status: 404,
      gateway: true,
    },
  ];
}
