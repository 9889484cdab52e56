import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fakeEdgeWithItem, ingestAnswer } from './fake-edge.ts';
import { BATCH_ID, BODY, post, RECEIPT } from './post-batch.ts';

describe('the collector refuses', () => {
  test.each([
    ['another method', { method: 'GET' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another media type', { headers: { 'Content-Type': 'text/html' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['no media type', { headers: { 'Content-Type': '' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a compressed body', { headers: { 'Content-Encoding': 'gzip' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['another charset', { headers: { 'Content-Type': 'text/plain;charset=latin1' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a strange page', { headers: { Origin: 'https://evil.example' } }, 403, 'ORIGIN_DENIED'],
    ['a page without origin', { headers: { Origin: '' } }, 403, 'ORIGIN_DENIED'],
    [
      'a strange page without origin',
      { headers: { Origin: '', Referer: 'https://evil.example/' } },
      403,
      'ORIGIN_DENIED',
    ],
    ['a declared length that is too much', { headers: { 'Content-Length': '65537' } }, 413, 'BODY_TOO_LARGE'],
    ['bytes that are too many', { body: `["${'é'.repeat(32_767)}"]` }, 413, 'BODY_TOO_LARGE'],
    ['too many events', { body: JSON.stringify(Array(501).fill({})) }, 413, 'EVENTS_TOO_MANY'],
    ['what is no JSON', { body: '[{' }, 400, 'BODY_MALFORMED'],
    ['what is no array', { body: '{"path":"/"}' }, 400, 'BODY_MALFORMED'],
    ['no events', { body: '[]' }, 400, 'ROWS_EMPTY'],
    ['JSON that says it is CSV', { headers: { 'Content-Type': 'text/csv' }, body: '[{"a":1}]' }, 400, 'BODY_MALFORMED'],
    ['CSV without events', { headers: { 'Content-Type': 'text/csv' }, body: 'path\n' }, 400, 'ROWS_EMPTY'],
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
      json: { status, code, retryable: false, type: expect.stringContaining('docs/errors.md#collector') },
    });
    expect(edge.sent).toEqual([]);
  });

  test('another method, and names the one it takes', async () => {
    const answer = await post(
      fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT)),
      { method: 'PUT' },
    );

    expect(answer.headers).toMatchObject({ allow: 'OPTIONS, POST' });
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
      headers: {
        'access-control-allow-origin': 'https://www.example.com',
        'access-control-allow-credentials': 'true',
        vary: 'Origin',
      },
    });
  });

  test('may read how long to wait', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(503, {}));

    const { headers } = await post(edge, { headers: { Origin: 'https://www.example.com' } });

    expect(headers).toMatchObject({ 'retry-after': '5', 'access-control-expose-headers': 'retry-after' });
  });

  test('may send from an old browser, which names it as Referer only', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, { headers: { Origin: '', Referer: 'https://www.example.com/cart' } });

    expect(answer.status).toBe(202);
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

describe('a browser that asks first', () => {
  const ASKED = { 'Content-Type': '', 'Access-Control-Request-Method': 'POST' };

  test('learns that an allowed page may post, with a batch id and any media type, and need not ask again for 2 h', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, { method: 'OPTIONS', headers: { ...ASKED, Origin: 'https://www.example.com' } });

    expect(answer).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': 'https://www.example.com',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, edge-batch-id',
        'access-control-max-age': '7200',
        vary: 'Origin',
      },
    });
    expect(edge.sent).toEqual([]);
  });

  test.each([['https://evil.example'], ['null'], ['']])('learns nothing for the origin "%s"', async (origin) => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const { status, headers } = await post(edge, { method: 'OPTIONS', headers: { ...ASKED, Origin: origin } });

    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('an address that posts too much', () => {
  const settings = { visitorRate: { batchesPerMinute: 2, kilobytesPerMinute: 64 } };

  test('is told to wait, and for how long; nothing of it is read or sent', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));
    const visitors = {};
    await post(edge, { settings, clientIp: '203.0.113.77' }, {}, visitors);
    await post(edge, { settings, clientIp: '203.0.113.77' }, {}, visitors);
    const sent = edge.sent.length;
    const text = () => Promise.reject(new Error('read'));

    const answer = await post(edge, { settings, clientIp: '203.0.113.77', text }, {}, visitors);
    const other = await post(edge, { settings, clientIp: '203.0.113.78', body: '[' }, {}, visitors);

    expect(answer).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30', 'content-type': 'application/problem+json' },
      json: { code: 'RATE_LIMITED', retryable: true },
    });
    expect(other.status).toBe(400);
    expect(edge.sent).toHaveLength(sent);
  });

  test('has no bound where none is set, nor where Akamai names no address', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));
    const visitors = {};

    const answers = [];
    for (let batch = 0; batch < 3; batch++) {
      answers.push(
        await post(edge, {}, {}, visitors),
        await post(edge, { settings, clientIp: undefined }, {}, visitors),
      );
    }

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(202));
    expect(visitors).toEqual({});
  });
});

describe('whatever comes', () => {
  test('the collector answers with a status of its own and JSON', async () => {
    const statuses = new Set([202, 204, 400, 403, 405, 413, 415, 422, 503]);
    const header = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    const csv = fc.array(fc.constantFrom('path', ',', '"', '\n', '\r', '1', '\\N')).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom('POST', 'POST', 'POST', 'OPTIONS', 'get'),
          body: fc.oneof(
            fc.string(),
            fc.json(),
            fc.array(fc.jsonValue()).map((rows) => JSON.stringify(rows)),
            csv.map((text) => `a,country\n${text}`),
          ),
          query: fc.oneof(fc.string(), fc.constant(`batch=${BATCH_ID}`)),
          headers: fc.oneof(
            fc.constantFrom({}, { Origin: 'null' }, { 'Content-Length': 'x' }, { 'Content-Type': 'text/csv' }),
            fc.record(
              {
                Origin: fc.oneof(header, fc.constant('https://www.example.com')),
                Referer: header,
                'Content-Type': fc.oneof(header, fc.constant('text/csv; charset="UTF-8"')),
                'Content-Encoding': header,
                'Content-Length': header,
                'Edge-Batch-Id': header,
                'User-Agent': header,
              },
              { requiredKeys: [] },
            ),
          ),
        }),
        fc.constantFrom(200, 202, 301, 400, 413, 422, 429, 500, 503),
        async (change, status) => {
          const answer = await post(
            fakeEdgeWithItem(() => ingestAnswer(status, RECEIPT)),
            change,
          );

          expect(statuses).toContain(answer.status);
          expect(typeof answer.json).toBe(answer.status === 204 ? 'undefined' : 'object');
          // No byte of a request comes back in a header.
          const { 'access-control-allow-origin': origin = 'https://www.example.com' } = answer.headers;
          expect(origin).toBe('https://www.example.com');
          expect(Object.values(answer.headers).join('')).toMatch(/^[\x20-\x7e]*$/);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('a request that fails to be read, and a log that cannot be written, are answered as well', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));
    const fail = () => {
      throw new Error('gone');
    };
    const platform = { ...edge.platform, warn: fail };

    const { status } = await post({ ...edge, platform }, { text: fail });

    expect(status).toBe(503);
  });

  test('a body that cannot be read is answered, not thrown', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const { status, json } = await post(edge, { text: () => Promise.reject(new Error('gone')) });

    expect({ status, json }).toMatchObject({ status: 503, json: { code: 'UNAVAILABLE' } });
  });
});
