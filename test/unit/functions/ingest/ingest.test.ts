import { describe, expect, test } from '@jest/globals';
import type { IngestEvent } from '../../../../functions/ingest/ingest-state.ts';
import { BAD, eventOf, GOOD, KEY, type Sending, send, TOKEN } from './ingest-rig.ts';

function withHeader(name: string, value: string): (event: IngestEvent) => IngestEvent {
  return (event) => ({ ...event, headers: { ...event.headers, [name]: value } });
}

const CASES: readonly (readonly [string, number, string | undefined, Sending])[] = [
  ['a good batch', 200, undefined, {}],
  ['a gzip batch', 200, undefined, { gzip: true }],
  ['a batch of good and bad rows', 200, undefined, { rows: [BAD, GOOD] }],
  ['only bad rows', 422, 'ROWS_REFUSED', { rows: [BAD] }],
  [
    'no identity',
    403,
    'POLICY_DENIED',
    { change: (event) => ({ ...event, requestContext: { ...event.requestContext, authorizer: { lambda: {} } } }) },
  ],
  ['a bad header', 400, 'HEADER_MALFORMED', { change: withHeader('edge-source', 'a,b') }],
  ['a bad media type', 415, 'MEDIA_TYPE_UNSUPPORTED', { change: withHeader('content-type', 'text/plain') }],
  ['another body', 400, 'DIGEST_MISMATCH', { change: (event) => ({ ...event, body: 'e30=' }) }],
  ['another token', 401, 'BATCH_SIGNATURE_INVALID', { change: withHeader('authorization', `Bearer ${TOKEN}x`) }],
  ['another source', 403, 'POLICY_DENIED', { source: 'ew/2/1.0.0' }],
  ['an unknown stream', 404, 'STREAM_UNKNOWN', { stream: 'constructor' }],
  ['no rows', 400, 'ROWS_EMPTY', { rows: [''], declared: 1 }],
  ['another count', 400, 'HEADER_MISMATCH', { declared: 2 }],
  ['no JSON', 400, 'BODY_MALFORMED', { rows: ['canary'] }],
];

describe('ingest', () => {
  test.each(CASES)('%s: %d', async (_what, status, code, sending) => {
    const { answer, body, lines } = await send(sending);
    expect([answer.statusCode, body.code]).toEqual([status, code]);
    expect(answer.headers).toMatchObject({ 'edgehouse-request-id': 'r1' });
    expect(lines).toEqual([expect.objectContaining({ audit: 'batch', status, requestId: 'r1' })]);
  });

  test.each(CASES)('%s: no secret and no row value in the audit line', async (_what, _status, _code, sending) => {
    const { lines, warnings } = await send(sending);
    const signature = eventOf(sending).headers['signature'] ?? 'none';
    const written = JSON.stringify([lines, warnings]);
    for (const secret of [TOKEN, signature, Buffer.from(KEY.key).toString('base64url'), 'canary']) {
      expect(written).not.toContain(secret);
    }
  });

  test('stores refused rows before good ones, under tokens of their own', async () => {
    const { inserts, body } = await send({ rows: [GOOD, BAD] });
    expect(inserts.map(({ table }) => table)).toEqual(['quarantine', 'hits']);
    expect(inserts.map(({ deduplicationToken }) => deduplicationToken.replace(/^[0-9a-f]{64}/, ''))).toEqual([
      ':quarantine',
      ':rows',
    ]);
    expect(body).toMatchObject({ outcome: 'stored', received: 2, accepted: 1, quarantined: 1 });
    expect(body.errors).toMatchObject([{ row: 1, line: 2, column: 'status', code: 'FIELD_TYPE' }]);
  });

  test('takes CSV, counts its header as no row, and names a bad record by row and line', async () => {
    const rows = ['status,name', '1,"a\n""b"', 'canary,c'];

    const { answer, inserts, body } = await send({ rows, declared: 2, contentType: 'text/csv' });

    expect([answer.statusCode, inserts.map(({ table }) => table)]).toEqual([200, ['quarantine', 'hits']]);
    expect(body).toMatchObject({ received: 2, accepted: 1, quarantined: 1 });
    expect(body.errors).toMatchObject([{ row: 1, line: 4, column: 'status', code: 'FIELD_TYPE' }]);
  });

  test('tells a batch of bad rows only by problem and receipt', async () => {
    const { inserts, body, lines } = await send({ rows: [BAD, BAD] });
    expect(inserts.map(({ table }) => table)).toEqual(['quarantine']);
    expect(body).toMatchObject({ status: 422, code: 'ROWS_REFUSED', outcome: 'quarantined', quarantined: 2 });
    expect(lines).toEqual([expect.objectContaining({ outcome: 'quarantined', rowsRefused: 2 })]);
  });
});
