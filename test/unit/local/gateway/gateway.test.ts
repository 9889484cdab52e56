import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { OpenRoute } from '../../../../local/gateway/answer-request.ts';
import type { Route } from '../../../../local/gateway/gateway.ts';
import { sendBytes, sendRequest } from './send-request.ts';
import { closeGateways, echo, expectOwnAnswer, guarded, PATH, post, ROUTE, startGateway } from './start-gateway.ts';

afterEach(async () => {
  jest.useRealTimers();
  await closeGateways();
});

describe('a route', () => {
  test('gets payload 2.0, and its answer carries the request id of the event', async () => {
    const { origin, log } = await startGateway([echo]);
    const received = await post(origin, ['Content-Type', 'application/json', 'Edge-Source', 'a', 'edge-source', 'b']);
    const event = JSON.parse(received.body);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/streams/{stream}/batches',
      rawPath: PATH,
      pathParameters: { stream: 'web_events' },
      headers: { 'content-type': 'application/json', 'edge-source': 'a,b', 'content-length': '2' },
      requestContext: {
        stage: '$default',
        http: { method: 'POST', sourceIp: '127.0.0.1' },
        time: '23/Nov/2025:08:00:00 +0000',
      },
      body: '[]',
      isBase64Encoded: false,
    });
    expect(received.headers['apigw-requestid']).toBe(event.requestContext.requestId);
    expect(log).toEqual([
      {
        requestId: event.requestContext.requestId,
        timeEpoch: 1_763_884_800_000,
        method: 'POST',
        path: PATH,
        routeKey: 'POST /v1/streams/{stream}/batches',
        status: 200,
        responseBytes: received.body.length,
        latencyMs: 0,
      },
    ]);
  });

  test('gets gzip intact as application/x-ndjson and destroyed as application/json', async () => {
    const { origin } = await startGateway([echo]);
    const gzip = gzipSync('{"a":1}\n');
    const intact = JSON.parse((await post(origin, ['content-type', 'application/x-ndjson'], gzip)).body);
    expect(intact.isBase64Encoded).toBe(true);
    expect(Buffer.from(intact.body, 'base64').equals(gzip)).toBe(true);
    const destroyed = JSON.parse((await post(origin, ['content-type', 'application/json'], gzip)).body);
    expect(destroyed.isBase64Encoded).toBe(false);
    expect(Buffer.from(destroyed.body).equals(gzip)).toBe(false);
  });

  test('gets a chunked body whole', async () => {
    const { origin } = await startGateway([echo]);
    const head = `POST ${PATH} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\ncontent-type: text/csv\r\n\r\n`;
    const text = await sendBytes(origin, `${head}3\r\na\nb\r\n2\r\n\nc\r\n0\r\n\r\n`);
    const event = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(event.body).toBe('a\nb\nc');
    expect(event.headers['content-length']).toBe('5');
  });

  test('knows its request id and how long it may take', async () => {
    const integration: OpenRoute['integration'] = async (_, context) => [
      context.awsRequestId,
      context.getRemainingTimeInMillis(),
    ];
    const { origin } = await startGateway([{ ...ROUTE, integration }]);
    const received = await post(origin);
    expect(JSON.parse(received.body)).toEqual([received.headers['apigw-requestid'], 30_000]);
  });

  test('that throws or answers nonsense gives an opaque 500, and the reason goes to the log', async () => {
    const failing: Route[] = [
      {
        method: 'GET',
        path: '/throws',
        integration: () => {
          throw new Error('secret detail');
        },
      },
      {
        method: 'GET',
        path: '/rejects',
        integration: async () => {
          throw new Error('secret detail');
        },
      },
      { method: 'GET', path: '/nonsense', integration: async () => ({ statusCode: 'x' }) },
      { method: 'GET', path: '/huge', integration: async () => 'x'.repeat(6_291_555) },
    ];
    const { origin, log, faults } = await startGateway(failing);
    for (const { path } of failing) expectOwnAnswer(await sendRequest(origin, { path }), 500, 'Internal Server Error');
    expect(log.map((entry) => entry.reason)).toEqual(Array(4).fill('INTEGRATION_FAILED'));
    expect(faults).toHaveLength(4);
  });

  test('that takes longer than 30 s gives a 503', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'Date', 'performance', 'hrtime'],
    });
    let called: () => void = () => undefined;
    const wasCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const integration = (): Promise<unknown> => {
      called();
      return new Promise(() => undefined);
    };
    const { origin, log } = await startGateway([{ ...ROUTE, integration }]);
    const answer = post(origin);
    await wasCalled;
    jest.advanceTimersByTime(30_000);
    expectOwnAnswer(await answer, 503, 'Service Unavailable');
    jest.useRealTimers();
    expect(log[0]?.reason).toBe('INTEGRATION_TIMEOUT');
  });

  test('answers binary bodies, cookies and plain values as payload 2.0 reads them', async () => {
    const { origin } = await startGateway([
      { method: 'GET', path: '/cookies', integration: async () => ({ statusCode: 204, cookies: ['a=1', 'b=2'] }) },
      {
        method: 'GET',
        path: '/base64',
        integration: async () => ({ statusCode: 200, body: 'aGk=', isBase64Encoded: true }),
      },
      { method: 'GET', path: '/value', integration: async () => ({ keys: [] }) },
    ]);
    const cookies = await sendRequest(origin, { path: '/cookies' });
    expect([cookies.status, cookies.headers['set-cookie'], cookies.body]).toEqual([204, ['a=1', 'b=2'], '']);
    expect((await sendRequest(origin, { path: '/base64' })).body).toBe('hi');
    const value = await sendRequest(origin, { path: '/value' });
    expect([value.status, value.headers['content-type'], value.body]).toEqual([200, 'application/json', '{"keys":[]}']);
  });
});

describe('a route behind an authorizer', () => {
  test('is not reached without a token, and the authorizer is not asked', async () => {
    let calls = 0;
    const { origin, log } = await startGateway([
      guarded(async () => {
        calls += 1;
        return { isAuthorized: true };
      }),
    ]);
    expectOwnAnswer(await post(origin), 401, 'Unauthorized');
    expectOwnAnswer(await post(origin, ['authorization', '  ']), 401, 'Unauthorized');
    expect(calls).toBe(0);
    expect(log[0]?.reason).toBe('IDENTITY_SOURCE_MISSING');
  });

  test('is not reached when the authorizer denies or cannot decide', async () => {
    const { origin, log } = await startGateway([
      guarded(async ({ identitySource }) => {
        if (identitySource[0] === 'broken') throw new Error('key set unreachable');
        return { isAuthorized: false };
      }),
    ]);
    expectOwnAnswer(await post(origin, ['authorization', 'denied']), 403, 'Forbidden');
    expectOwnAnswer(await post(origin, ['authorization', 'broken']), 500, 'Internal Server Error');
    expect(log.map((entry) => entry.reason)).toEqual(['AUTHORIZER_DENIED', 'AUTHORIZER_FAILED']);
  });

  test('gets the context of an authorizer that is asked once a TTL, and never sees a body', async () => {
    const events: object[] = [];
    const { origin } = await startGateway([
      guarded(async (event) => {
        events.push(event);
        return { isAuthorized: true, context: { principal: 'p', n: 1 } };
      }, 60),
    ]);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(JSON.parse((await post(origin, ['Authorization', 'Bearer t'])).body)).toEqual({ principal: 'p', n: 1 });
    }
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ identitySource: ['Bearer t', 'POST /v1/streams/{stream}/batches'] });
    expect(events[0]).not.toHaveProperty('body');
  });
});
