import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fakeEdgeWithItem, ingestAnswer } from './fake-edge.ts';
import { BATCH_ID, BODY, post, RECEIPT } from './post-batch.ts';

describe('the collector refuses', () => {
  test.each([
    ['another method', { method: 'GET' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another media type', { headers: { 'Content-Type': 'text/csv' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['another charset', { headers: { 'Content-Type': 'text/plain;charset=latin1' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a strange page', { headers: { Origin: 'https://evil.example' } }, 403, 'ORIGIN_DENIED'],
    ['a page without origin', { headers: { Origin: '' } }, 403, 'ORIGIN_DENIED'],
    ['a declared length that is too much', { headers: { 'Content-Length': '65537' } }, 413, 'BODY_TOO_LARGE'],
    ['bytes that are too many', { body: `["${'é'.repeat(32_767)}"]` }, 413, 'BODY_TOO_LARGE'],
    ['too many events', { body: JSON.stringify(Array(501).fill({})) }, 413, 'EVENTS_TOO_MANY'],
    ['what is no JSON', { body: '[{' }, 400, 'BODY_MALFORMED'],
    ['what is no array', { body: '{"path":"/"}' }, 400, 'BODY_MALFORMED'],
    ['no events', { body: '[]' }, 400, 'ROWS_EMPTY'],
    ['an id that is no UUID', { query: 'batch=7' }, 400, 'BATCH_ID_MALFORMED'],
    [
      'two different ids',
      { query: `batch=${BATCH_ID}`, headers: { 'Edge-Batch-Id': BATCH_ID.replace('0', '1') } },
      400,
      'BATCH_ID_MALFORMED',
    ],
  ])('%s, and asks nobody', async (_name, change, status, code) => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, change);

    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      json: { status, code, type: expect.stringContaining('docs/errors.md#collector') },
    });
    expect(edge.sent).toEqual([]);
  });

  test('another method, and names the one it takes', async () => {
    const answer = await post(
      fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT)),
      { method: 'PUT' },
    );

    expect(answer.headers).toMatchObject({ allow: 'POST' });
  });
});

describe('a page of an allowed origin', () => {
  test.each([
    ['is stored', BODY, 202],
    ['is refused', '[]', 400],
  ])('may read the answer when its batch %s', async (_name, body, status) => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, { body, headers: { Origin: 'https://www.example.com' } });

    expect(answer).toMatchObject({
      status,
      headers: { 'access-control-allow-origin': 'https://www.example.com', vary: 'Origin' },
    });
  });

  test('a stranger may not, and the own page needs no leave', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const stranger = await post(edge, { headers: { Origin: 'https://evil.example' } });
    const own = await post(edge);

    expect([stranger, own].map(({ headers }) => headers['access-control-allow-origin'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('whatever comes', () => {
  test('the collector answers with a status of its own and JSON', async () => {
    const statuses = new Set([202, 400, 403, 405, 413, 415, 422, 503]);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom('POST', 'POST', 'POST', 'OPTIONS'),
          body: fc.oneof(
            fc.string(),
            fc.json(),
            fc.array(fc.jsonValue()).map((rows) => JSON.stringify(rows)),
          ),
          query: fc.oneof(fc.string(), fc.constant(`batch=${BATCH_ID}`)),
          headers: fc.constantFrom({}, { Origin: 'null' }, { 'Content-Length': 'x' }),
        }),
        fc.constantFrom(200, 202, 301, 400, 413, 422, 500),
        async (change, status) => {
          const answer = await post(
            fakeEdgeWithItem(() => ingestAnswer(status, RECEIPT)),
            change,
          );

          expect(statuses).toContain(answer.status);
          expect(typeof answer.json).toBe('object');
        },
      ),
    );
  });

  test('a body that cannot be read is answered, not thrown', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const { status, json } = await post(edge, { text: () => Promise.reject(new Error('gone')) });

    expect({ status, json }).toMatchObject({ status: 503, json: { code: 'UNAVAILABLE' } });
  });
});
