import { describe, expect, test } from '@jest/globals';
import type { HttpAnswer } from '../../../edgeworker/src/platform.ts';
import { answerOf, fakeEdge, fakeEdgeWithItem, ingestAnswer, isEdgeKv, NOW_SECONDS } from './fake-edge.ts';
import { BATCH_ID, post, RECEIPT } from './post-batch.ts';

describe('a batch from a browser', () => {
  test('is sent on once, enriched and signed, and the browser learns what became of it', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, { headers: { 'Edge-Batch-Id': BATCH_ID.toUpperCase() } });

    expect(answer).toMatchObject({
      status: 202,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      json: { batchId: BATCH_ID, outcome: 'stored', received: 2, accepted: 1, quarantined: 1 },
    });
    expect(answer.json).not.toHaveProperty('errors');
    const [, ingest, ...more] = edge.sent;
    expect(more).toEqual([]);
    expect(ingest).toMatchObject({
      url: 'https://events-api.example.com/v1/streams/web_events/batches',
      method: 'POST',
      timeout: 3_000,
      headers: {
        authorization: 'Bearer aa.bb.cc',
        'edge-batch-id': BATCH_ID,
        'edge-batch-rows': '2',
        'edge-source': 'ew/12346/1.0.0',
      },
    });
    expect(ingest?.headers['signature-input']).toContain(`;created=${NOW_SECONDS};`);
    expect(JSON.parse(ingest?.body ?? '')).toEqual([
      { path: '/a', country: 'FR', client_network: '203.0.113.0/24', request_id: `${BATCH_ID}/0` },
      { path: '/b', country: 'FR', client_network: '203.0.113.0/24', request_id: `${BATCH_ID}/1` },
    ]);
  });

  test('reads EdgeKV with the access reference, and gives it 300 ms', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    await post(edge);

    expect(edge.sent[0]).toMatchObject({
      url: 'https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/edgehouse/groups/credentials/items/12346',
      method: 'GET',
      headers: { 'X-Akamai-EdgeDB-Auth-Ref': 'reference-1' },
      timeout: 300,
    });
  });

  test('that it repeats under its id goes out as the very same bytes', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    await post(edge, { query: `batch=${BATCH_ID}` });
    await post(edge, { query: `batch=${BATCH_ID}` });

    const bodies = edge.sent.filter((request) => !isEdgeKv(request)).map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
  });

  test('without an id gets one', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    await post(edge);

    const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(edge.sent[1]?.headers['edge-batch-id']).toMatch(uuidV7);
  });

  test('as CSV goes on as CSV, signed as such, and is told the same', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, RECEIPT));

    const answer = await post(edge, {
      headers: { 'Content-Type': 'text/csv; charset=utf-8', 'Edge-Batch-Id': BATCH_ID },
      body: 'path,country\n/a,XX\n',
    });

    expect(answer).toMatchObject({ status: 202, json: { batchId: BATCH_ID, outcome: 'stored' } });
    expect(edge.sent[1]).toMatchObject({
      headers: { 'content-type': 'text/csv', 'edge-batch-rows': '1' },
      body: `"country","client_network","request_id",path\n"FR","203.0.113.0/24","${BATCH_ID}/0",/a`,
    });
  });

  test('that is spooled unjudged is accepted as well', async () => {
    const spooled = { ...RECEIPT, outcome: 'spooled', accepted: null, quarantined: null };
    const edge = fakeEdgeWithItem(() => ingestAnswer(202, spooled));

    const { status, json } = await post(edge);

    expect({ status, json }).toMatchObject({ status: 202, json: { outcome: 'spooled', accepted: null } });
  });

  test('of which no event fits is refused with the numbers', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(422, { ...RECEIPT, outcome: 'quarantined', accepted: 0 }));

    const answer = await post(edge);

    expect(answer).toMatchObject({
      status: 422,
      headers: { 'content-type': 'application/problem+json' },
      json: { code: 'ROWS_REFUSED', status: 422, outcome: 'quarantined', received: 2, accepted: 0 },
    });
  });

  test('that ingest finds too large is told so', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(413, { code: 'ROWS_TOO_MANY' }));

    const { status, json } = await post(edge);

    expect({ status, json }).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } });
  });
});

describe('a batch that could not be stored is worth sending again', () => {
  test.each<[string, () => HttpAnswer]>([
    ['ingest refuses the signature', () => ingestAnswer(401, {})],
    ['ingest has too much to do', () => ingestAnswer(429, {})],
    ['ingest cannot take it', () => ingestAnswer(503, {})],
    ['the receipt cannot be read', () => ingestAnswer(200, 'fine')],
    ['the host is not on Akamai, which answers 400', () => answerOf(400, '')],
    ['somebody else answers 200', () => answerOf(200, JSON.stringify(RECEIPT))],
    [
      'ingest does not answer in time',
      () => {
        throw new Error('subrequest to URL timed out');
      },
    ],
  ])('when %s', async (_name, ingest) => {
    const edge = fakeEdgeWithItem(ingest);

    const { status, headers, json } = await post(edge);

    expect({ status, headers, json }).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5', 'cache-control': 'no-store' },
      json: { code: 'UNAVAILABLE', retryable: true },
    });
    expect(edge.sent.filter((request) => !isEdgeKv(request))).toHaveLength(1);
    expect(edge.warnings).toHaveLength(1);
  });

  test('when EdgeKV has no credentials; nothing is posted then', async () => {
    const edge = fakeEdge(() => answerOf(404, ''));

    const { status } = await post(edge);

    expect(status).toBe(503);
    expect(edge.sent.every(isEdgeKv)).toBe(true);
    expect(edge.warnings[0]).toContain('EdgeKV answered 404');
  });

  test.each([429, 503])(
    'after a %d nobody is asked for as long as ingest said, and the browser is told how long',
    async (refusal) => {
      const edge = fakeEdgeWithItem(() =>
        answerOf(refusal, '{}', { 'edgehouse-request-id': 'r-1', 'retry-after': '17' }),
      );
      const cache = {};

      const first = await post(edge, {}, cache);
      const text = () => Promise.reject(new Error('read'));
      const second = await post(edge, { text }, cache);

      for (const answer of [first, second]) {
        expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '17' }, json: { code: 'UNAVAILABLE' } });
      }
      expect(edge.sent.filter((request) => !isEdgeKv(request))).toHaveLength(1);
      expect(edge.warnings[1]).toContain('nothing is sent for 17 s more');
    },
  );

  test.each([401, 403])(
    'and after a %d the credentials are read again, and not sent a second time',
    async (refusal) => {
      const edge = fakeEdgeWithItem(() => answerOf(refusal, '', { 'apigw-requestid': 'g-1' }));
      const cache = {};

      const answers = [await post(edge, {}, cache), await post(edge, {}, cache), await post(edge, {}, cache)];

      expect(edge.sent.map(isEdgeKv)).toEqual([true, false, true]);
      expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['5', '60', '60']);
      expect(edge.warnings[1]).toBe(
        'a batch was not stored: no credentials: EdgeKV still has the token that was refused',
      );
    },
  );

  test('and the log names neither token, key nor event', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(401, {}));

    await post(edge);

    expect(edge.warnings.join()).not.toMatch(/aa\.bb|BwcH|path/);
  });
});
