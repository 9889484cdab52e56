import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEdgegridEdgeKv } from '../../../../functions/rotation/edgegrid-edge-kv.ts';
import { closeServer, listen } from '../../../../local/listen.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const VALUE = '{"v":1,"token":"canary"}';
const CREDENTIAL = {
  origin: 'https://akab-a1.luna.akamaiapis.net',
  clientToken: 'client',
  clientSecret: 'canary-secret',
  accessToken: 'access',
};

type Answer = () => Response | Error;

interface Call {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Akamai's answers in their order; time goes on by a second with each look at the clock. */
async function put(answers: readonly Answer[], { signal = new AbortController().signal, random = 0 } = {}) {
  const calls: Call[] = [];
  const pauses: number[] = [];
  let seconds = 0;
  let nonces = 0;
  const edgeKv = createEdgegridEdgeKv({
    credential: CREDENTIAL,
    fetch: async (url, { method, headers, body } = {}) => {
      const answer = answers[calls.length]?.() ?? new Error('canary: nothing is laid ready');
      calls.push({ url: String(url), method, headers: new Headers(headers), body });
      if (answer instanceof Error) throw answer;
      return answer;
    },
    clock: () => NOW + 1000 * seconds++,
    random: () => random,
    newNonce: () => `nonce-${nonces++}`,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    signal,
  });
  const failure = await edgeKv
    .put('production', 'edgehouse', 'credentials', '12345', VALUE)
    .then(() => undefined)
    .catch((error: unknown) => error);
  return { calls, pauses, failure };
}

/** Over the real `fetch`. */
function edgeKvAt(origin: string) {
  return createEdgegridEdgeKv({
    credential: { ...CREDENTIAL, origin },
    fetch,
    clock: () => NOW,
    random: () => 0,
    newNonce: () => 'nonce',
    pause: async () => undefined,
    signal: new AbortController().signal,
  });
}

const taken: Answer = () => new Response('Item was upserted in database', { status: 200 });
const timeout: Answer = () => Object.assign(new Error('canary'), { name: 'TimeoutError' });

function problem(status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Answer {
  return () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
}

describe('writing to EdgeKV', () => {
  test('puts the item as JSON where Akamai documents it, signed', async () => {
    const { calls, failure } = await put([taken]);

    expect(failure).toBeUndefined();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      url: 'https://akab-a1.luna.akamaiapis.net/edgekv/v1/networks/production/namespaces/edgehouse/groups/credentials/items/12345',
      method: 'PUT',
      body: VALUE,
    });
    expect(calls[0]?.headers.get('content-type')).toBe('application/json');
    expect(calls[0]?.headers.get('authorization')).toMatch(
      /^EG1-HMAC-SHA256 client_token=client;access_token=access;timestamp=20260102T03:04:05\+0000;nonce=nonce-0;signature=[\w+/]{43}=$/,
    );
  });

  test.each([
    ['too many writes', problem(429)],
    ['a failure of theirs', problem(503, '<html>canary</html>')],
    ['silence', timeout],
  ])('goes on after %s, with a time, nonce and signature of its own for each attempt', async (_what, trouble) => {
    const { calls, failure, pauses } = await put([trouble, trouble, taken]);
    const headers = calls.map((call) => call.headers.get('authorization') ?? '');
    const part = (name: string) => headers.map((header) => new RegExp(`${name}=([^;]+)`).exec(header)?.[1]);

    expect(failure).toBeUndefined();
    expect(part('nonce')).toEqual(['nonce-0', 'nonce-1', 'nonce-2']);
    expect(new Set(part('timestamp')).size).toBe(3);
    expect(new Set(part('signature')).size).toBe(3);
    expect(pauses).toEqual([500, 1000]);
  });

  test('waits longer by chance, so that writers do not come back together', async () => {
    expect((await put([problem(500), taken], { random: 1 })).pauses).toEqual([1000]);
  });

  test('gives up after three attempts and says what came last', async () => {
    const { calls, failure } = await put([timeout, problem(429), problem(500), taken]);

    expect(calls).toHaveLength(3);
    expect(failure).toMatchObject({ code: 'EDGEKV_WRITE_FAILED', retryable: true, status: 500 });
    expect(String(failure)).toContain('stays in force until its token expires');
  });

  test('begins no attempt when the function’s time is over', async () => {
    const { calls, failure } = await put([timeout, taken], { signal: AbortSignal.abort() });

    expect(calls).toHaveLength(1);
    expect(String(failure)).toContain('item production/edgehouse/credentials/12345: no answer in time.');
  });

  test('says that it is the address where nobody answers at it', async () => {
    const gone = createServer();
    const origin = await listen(gone, 0);
    await closeServer(gone);

    await expect(edgeKvAt(origin).put('staging', 'a', 'b', 'c', VALUE)).rejects.toThrow(
      'no connection (ECONNREFUSED). Check `host` in the secret',
    );
  });

  test('does not follow a redirect, which would carry the item elsewhere', async () => {
    let elsewhere = 0;
    const server = createServer((request, response) => {
      if (request.url === '/elsewhere') elsewhere++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const edgeKv = edgeKvAt(await listen(server, 0));

    const failure = await edgeKv.put('staging', 'a', 'b', 'c', VALUE).catch((error: unknown) => error);
    await closeServer(server);

    expect(String(failure)).toContain('status 307');
    expect(elsewhere).toBe(0);
  });

  test.each([
    [400, 'Look the code up'],
    [401, 'Check the secret of the API client'],
    [403, 'Check the secret of the API client'],
    [404, 'Create the namespace on this network'],
    [413, 'larger than EdgeKV takes'],
    [302, 'stays in force'],
  ])('does not repeat what status %i refused, and says what to do', async (status, next) => {
    const { calls, failure } = await put([problem(status), taken]);

    expect(calls).toHaveLength(1);
    expect(failure).toMatchObject({ retryable: false, status });
    expect(String(failure)).toContain(next);
  });

  test('names what Akamai’s support asks for, and never the item or the secret', async () => {
    const body = {
      type: 'https://problems.luna.akamaiapis.net/edgekv/canary',
      title: 'canary',
      detail: `canary ${VALUE}`,
      errorCode: 'EKV_3000',
      additionalDetail: { requestId: 'db6e61d461c20395' },
    };
    const { failure } = await put([problem(403, body, { 'x-trace-id': 'trace-1' })]);

    expect(failure).toMatchObject({ errorCode: 'EKV_3000', requestId: 'db6e61d461c20395', traceId: 'trace-1' });
    expect(String(failure)).toContain('status 403, EKV_3000, request db6e61d461c20395, trace trace-1.');
    expect(`${String(failure)}${JSON.stringify(failure)}`).not.toContain('canary');
  });

  test('reads no further into an answer than a problem can be long', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });

    const { failure } = await put([() => new Response(endless, { status: 403 })]);

    expect(failure).toMatchObject({ status: 403, retryable: false });
    expect(sent).toBeLessThan(200_000);
  });

  test('explains a clock that is wrong', async () => {
    const invalid = { title: 'Bad request', status: 400, detail: 'Invalid timestamp', requestId: '4ec255bc' };
    const behind = await put([problem(400, { ...invalid, requestTime: '2026-01-02T03:05:06Z' })]);
    const ahead = await put([problem(400, '', { date: 'Fri, 02 Jan 2026 03:00:00 GMT' })]);

    expect(String(behind.failure)).toMatch(/This clock is 60 s behind Akamai's, which takes 30 s at most/);
    expect(String(ahead.failure)).toMatch(/This clock is 246 s ahead of Akamai's/);
  });
});

describe('an item that EdgeKV would refuse', () => {
  test.each([
    ['a namespace that begins with -', ['-a', 'b', 'c', VALUE]],
    ['a group with a slash', ['a', 'b/../c', 'c', VALUE]],
    ['an empty name', ['a', 'b', '', VALUE]],
    ['more than 10 KB', ['a', 'b', 'c', 'é'.repeat(5121)]],
  ] as const)('%s never leaves', async (_what, [namespace, group, item, value]) => {
    let asked = 0;
    const edgeKv = edgeKvAnswering(() => {
      asked++;
      return new Response('');
    });

    const failure = await edgeKv.put('staging', namespace, group, item, value).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'EDGEKV_ITEM_INVALID', retryable: false });
    expect(String(failure)).not.toContain('é');
    expect(asked).toBe(0);
  });

  test('has any name with a character that a path knows', async () => {
    const edgeKv = edgeKvAnswering((url) => new Response(new URL(url).pathname));
    const name = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(name, name, name, async (namespace, group, item) => {
        const path = await edgeKv.get('staging', namespace, group, item).catch(() => undefined);
        const expected = `/edgekv/v1/networks/staging/namespaces/${namespace}/groups/${group}/items/${item}`;
        if (path !== undefined) expect(path).toBe(expected);
      }),
    );
  });
});

describe('looking at an item', () => {
  test('shows what EdgeKV has, asked for once and signed', async () => {
    const seen: Request[] = [];
    const edgeKv = edgeKvAnswering((url, init) => {
      seen.push(new Request(url, init));
      return new Response(VALUE);
    });

    expect(await edgeKv.get('production', 'edgehouse', 'credentials', '12345')).toBe(VALUE);
    expect(seen.map(({ method, body }) => [method, body])).toEqual([['GET', null]]);
    expect(seen[0]?.headers.get('authorization')).toMatch(/^EG1-HMAC-SHA256 .*signature=/);
  });

  test('shows nothing where there is none yet', async () => {
    expect(
      await edgeKvAnswering(() => new Response('{}', { status: 404 })).get('staging', 'a', 'b', 'c'),
    ).toBeUndefined();
  });

  test.each([
    ['a refusal', () => new Response('canary', { status: 403 }), 'status 403'],
    [
      'silence',
      () => Promise.reject(Object.assign(new Error('canary'), { name: 'TimeoutError' })),
      'no answer in time',
    ],
  ])('that ends in %s says so, and nothing of the answer', async (_what, answer, words) => {
    const failure = await edgeKvAnswering(answer)
      .get('staging', 'a', 'b', 'c')
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'EDGEKV_READ_FAILED' });
    expect(String(failure)).toContain(`item staging/a/b/c: ${words}`);
    expect(`${String(failure)}${JSON.stringify(failure)}`).not.toContain('canary');
  });
});

function edgeKvAnswering(answer: (url: string, init: RequestInit | undefined) => Response | Promise<Response>) {
  return createEdgegridEdgeKv({
    credential: CREDENTIAL,
    fetch: async (url, init) => answer(String(url), init),
    clock: () => NOW,
    random: () => 0,
    newNonce: () => 'nonce',
    pause: async () => undefined,
    signal: new AbortController().signal,
  });
}
