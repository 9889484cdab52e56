import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type Authorizer, createAuthorizerGate } from '../../../../local/gateway/authorizer.ts';
import { AuthorizerInvalidError } from '../../../../local/gateway/identity-source.ts';
import { type ParsedRequest, parseRequest } from '../../../../local/gateway/parse-request.ts';

const SOURCES = ['$request.header.Authorization', '$context.routeKey'];

function asking(token: string): ParsedRequest {
  const rawHeaders = ['Host', 'h', 'AUTHORIZATION', token];
  const body = new Uint8Array();
  const wire = { method: 'POST', target: '/a?q=1', httpVersion: '1.1', rawHeaders, remoteAddress: '127.0.0.1', body };
  const request = parseRequest(wire);
  if (request === undefined) throw new Error('the request of this test must parse');
  return request;
}

function facts(routeKey = 'POST /a') {
  return { requestId: 'id', routeKey, parameters: {}, timeEpoch: 0 };
}

/** An authorizer that gives the prepared answers one after the other and counts its calls. */
function answering(...answers: (() => unknown)[]) {
  const state = { calls: 0 };
  const authorize = (async () => {
    const answer = answers[Math.min(state.calls, answers.length - 1)];
    state.calls += 1;
    return answer?.();
  }) as Authorizer['authorize']; // parse boundary: a Lambda function can return anything
  return { state, authorize };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('an authorizer', () => {
  test('is not asked when an identity source is missing or empty', async () => {
    const { state, authorize } = answering(() => ({ isAuthorized: true }));
    const gate = createAuthorizerGate(
      { identitySources: [...SOURCES, '$request.querystring.Q'], ttlSeconds: 0, authorize },
      () => 0,
    );
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'identityMissing' }); // ?q is not ?Q
    expect(await gate(asking(''), facts())).toEqual({ kind: 'identityMissing' });
    expect(state.calls).toBe(0);
  });

  test('lets a request pass only with isAuthorized true', async () => {
    const { authorize } = answering(
      () => ({ isAuthorized: true, context: { principal: 'p', n: 1 } }),
      () => ({ isAuthorized: true }),
      () => ({ isAuthorized: false }),
      () => ({ isAuthorized: 'true' }),
      () => ({ isAuthorized: 1 }),
    );
    const gate = createAuthorizerGate({ identitySources: SOURCES, ttlSeconds: 0, authorize }, () => 0);
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'allowed', context: { principal: 'p', n: 1 } });
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'allowed', context: {} });
    for (let turn = 0; turn < 3; turn += 1) expect(await gate(asking('t'), facts())).toEqual({ kind: 'denied' });
  });

  test('that throws or answers something else is asked again: nothing is kept', async () => {
    const { state, authorize } = answering(
      () => {
        throw new Error('key set unreachable');
      },
      () => undefined,
      () => ({}),
      () => 'yes',
      () => ({ isAuthorized: true, context: 'p' }),
      () => ({ isAuthorized: true, context: { n: 1n } }),
      () => ({ isAuthorized: true }),
    );
    const gate = createAuthorizerGate({ identitySources: SOURCES, ttlSeconds: 60, authorize }, () => 0);
    for (let turn = 0; turn < 6; turn += 1) expect(await gate(asking('t'), facts())).toMatchObject({ kind: 'failed' });
    expect(await gate(asking('t'), facts())).toMatchObject({ kind: 'allowed' });
    expect(state.calls).toBe(7);
  });

  test('is asked once a TTL for the same identity, for denials too', async () => {
    let now = 0;
    const { state, authorize } = answering(
      () => ({ isAuthorized: false }),
      () => ({ isAuthorized: true }),
    );
    const gate = createAuthorizerGate({ identitySources: SOURCES, ttlSeconds: 60, authorize }, () => now);
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'denied' });
    now = 59_999;
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'denied' });
    expect(state.calls).toBe(1);
    now = 60_000;
    expect(await gate(asking('t'), facts())).toMatchObject({ kind: 'allowed' });
    expect(state.calls).toBe(2);
  });

  test('is asked again for another token and another route', async () => {
    const { state, authorize } = answering(() => ({ isAuthorized: true }));
    const gate = createAuthorizerGate({ identitySources: SOURCES, ttlSeconds: 60, authorize }, () => 0);
    await gate(asking('t'), facts());
    await gate(asking('u'), facts());
    await gate(asking('t'), facts('GET /b'));
    expect(state.calls).toBe(3);
  });

  test('shares no context object between requests', async () => {
    const { authorize } = answering(() => ({ isAuthorized: true, context: { principal: 'p' } }));
    const gate = createAuthorizerGate({ identitySources: SOURCES, ttlSeconds: 60, authorize }, () => 0);
    const first = await gate(asking('t'), facts());
    if (first.kind === 'allowed') first.context['principal'] = 'changed';
    expect(await gate(asking('t'), facts())).toEqual({ kind: 'allowed', context: { principal: 'p' } });
  });

  test('that does not answer within 10 s is given up', async () => {
    jest.useFakeTimers();
    const gate = createAuthorizerGate(
      { identitySources: SOURCES, ttlSeconds: 60, authorize: () => new Promise(() => undefined) },
      () => 0,
    );
    const verdict = gate(asking('t'), facts());
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await verdict).toEqual({ kind: 'timeout' });
  });

  test.each([
    [{ identitySources: [], ttlSeconds: 60 }, /no identity source/],
    [{ identitySources: SOURCES, ttlSeconds: 3601 }, /from 0 to 3600/],
    [{ identitySources: SOURCES, ttlSeconds: -1 }, /from 0 to 3600/],
    [{ identitySources: SOURCES, ttlSeconds: 0.5 }, /from 0 to 3600/],
    [{ identitySources: ['$request.body'], ttlSeconds: 0 }, /not known/],
    [{ identitySources: ['Authorization'], ttlSeconds: 0 }, /not known/],
  ])('as %j is refused when the gateway is made', (options, message) => {
    const { authorize } = answering(() => ({ isAuthorized: true }));
    const create = () => createAuthorizerGate({ ...options, authorize }, () => 0);
    expect(create).toThrow(AuthorizerInvalidError);
    expect(create).toThrow(message);
  });
});
