import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  id,
  item,
  type Reply,
  receiptOf,
  rows,
  rowsIn,
  type SendRig,
  signatureOf,
  startSendRig,
  stored,
} from './send-rig.ts';

let rig: SendRig;

beforeEach(async () => {
  rig = await startSendRig();
});
afterEach(() => rig.close());

describe('send', () => {
  test('sends every row once in signed batches, prints a receipt for each and says what became of them', async () => {
    const run = await rig.send(rows(5), ['--batch', '2', '--concurrency', '1']);

    expect(run.status).toBe(0);
    expect(rig.seen.map(({ body }) => body.toString())).toEqual(['{"n":0}\n{"n":1}', '{"n":2}\n{"n":3}', '{"n":4}']);
    for (const request of rig.seen) expect(signatureOf(request)).toBe('valid');
    expect(run.out.slice(0, 3)).toEqual(
      rig.seen.map(
        (request) => `${id(request)} stored: ${rowsIn(request)} received, ${rowsIn(request)} accepted, 0 quarantined`,
      ),
    );
    expect(run.out[3]).toBe(
      '5 lines read, 0 refused by the parser, 5 rows received, 5 stored, 0 quarantined, 0 spooled, 0 failed batches, 0.0 s, 0 rows/s',
    );
  });

  test('compresses when asked to, and signs what it sends', async () => {
    const json = Array.from({ length: 20 }, (_, index) => JSON.stringify({ n: index, text: 'x'.repeat(index) })).join(
      '\n',
    );

    await rig.send(json, ['--gzip']);

    expect(rig.seen[0]?.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' });
    expect(rig.seen.map(({ body }) => gunzipSync(body).toString())).toEqual([json]);
    expect(rig.seen.map(signatureOf)).toEqual(['valid']);
  });

  test('repeats a batch that was not taken with the same id and bytes and a fresh signature', async () => {
    const answers: Reply[] = [
      { status: 503, body: {}, headers: { 'retry-after': '3' } },
      'reset',
      { status: 429, body: {} },
    ];
    rig.reply = (request, index) => answers[index] ?? stored(request);

    const run = await rig.send(rows(2));

    expect(run.status).toBe(0);
    expect(run.waits).toEqual([3000, 1000, 2000]);
    expect(new Set(rig.seen.map(id)).size).toBe(1);
    expect(new Set(rig.seen.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(rig.seen.map(({ headers }) => headers['signature-input'])).size).toBe(4);
    expect(rig.seen.map(signatureOf)).toEqual(['valid', 'valid', 'valid', 'valid']);
  });

  test('reads the credentials again when the token has expired on the way', async () => {
    let reads = 0;
    rig.reply = (request) => {
      if (request.url === '/item') return { status: 200, body: JSON.parse(item(`a.b.${++reads}`)) };
      if (request.headers.authorization === 'Bearer a.b.1') return { status: 401, body: { code: 'TOKEN_EXPIRED' } };
      return stored(request);
    };

    const run = await rig.send(rows(1), [], `${rig.api}/item`);

    expect(run.status).toBe(0);
    expect(rig.seen.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer a.b.1',
      undefined,
      'Bearer a.b.2',
    ]);
  });

  test('takes a spooled batch for taken, also before it is judged', async () => {
    rig.reply = (request) => ({
      status: 202,
      body: { ...receiptOf(request), outcome: 'spooled', accepted: null, quarantined: null },
    });

    const run = await rig.send(rows(3));

    expect(run.status).toBe(0);
    expect(run.out[0]).toMatch(/ spooled: 3 received, not judged yet$/);
    expect(run.out[1]).toContain('0 stored, 0 quarantined, 3 spooled');
  });

  test('keeps every batch below 4 MB', async () => {
    const line = JSON.stringify({ text: 'x'.repeat(900_000) });

    const run = await rig.send(Array.from({ length: 9 }, () => line).join('\n'));

    expect(run.status).toBe(0);
    expect(rig.seen.map(rowsIn).sort()).toEqual([1, 4, 4]);
    for (const { body } of rig.seen) expect(body.length).toBeLessThan(4_000_000);
  });

  test('holds few batches at a time, however long the input', async () => {
    let taken = 0;
    let ahead = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; taken < 2000; taken++) {
        ahead = Math.max(ahead, taken - rig.seen.length * 2);
        yield Buffer.from(`${JSON.stringify({ n: taken })}\n`);
      }
    }

    const run = await rig.send(endless(), ['--batch', '2', '--concurrency', '3']);

    expect(run.status).toBe(0);
    expect(rig.seen).toHaveLength(1000);
    // 3 in flight and 1 being filled, and what the sockets have not told yet.
    expect(ahead).toBeLessThanOrEqual(10);
  });

  test('sends CSV at the borders of its records, each batch under the header, and names the lines of the file', async () => {
    const errors = [{ row: 1, column: 'status', code: 'FIELD_TYPE', message: 'expected …', line: 4 }];
    rig.reply = (request, index) => {
      return index === 0
        ? { status: 200, body: { ...receiptOf(request), accepted: 1, quarantined: 1, errors } }
        : stored(request);
    };
    const file = 'path,note\r\n/a,"two\nlines"\r\n\r\n/b,plain\r\n/c,"a ""quote"""\r\n';

    const run = await rig.send(file, ['--format', 'csv', '--batch', '2', '--concurrency', '1']);

    expect(rig.seen.map(({ body }) => body.toString())).toEqual([
      'path,note\n/a,"two\nlines"\n/b,plain',
      'path,note\n/c,"a ""quote"""',
    ]);
    expect(rig.seen.map(rowsIn)).toEqual([2, 1]);
    for (const { headers } of rig.seen) expect(headers['content-type']).toBe('text/csv');
    expect(rig.seen.map(signatureOf)).toEqual(['valid', 'valid']);
    // Line 5 of the file, which is line 4 of the body.
    expect(run.out[1]).toBe('  line 5 (row 1) status: FIELD_TYPE');
    expect(run.out.at(-1)).toContain('3 lines read, 0 refused by the parser, 3 rows received, 2 stored, 1 quarantined');
  });
});
