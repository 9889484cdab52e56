import { afterEach, describe, expect, test } from '@jest/globals';
import { EdgeError } from '../../../../local/edge/edge-errors.ts';
import { startEdge } from '../../../../local/edge/start-edge.ts';
import { sendRequest } from '../gateway/send-request.ts';
import {
  API,
  answering,
  EDGE_WORKER_ID,
  endAll,
  evaluate,
  property,
  startRecorder,
  startServer,
  startTestEdge,
} from './start-test-edge.ts';

afterEach(endAll);

describe('a handler that fails', () => {
  test.each([
    ['throws', `throw new Error('a reason')`],
    ['rejects', `return Promise.reject(new Error('a reason'))`],
    ['sets a header that HTTP does not allow', `response.setHeader('a b', 'a reason')`],
  ])('gives the visitor a 500, and the reason stands in the report: %s', async (_what, code) => {
    const site = await startServer((_message, response) => response.end('page'));
    const edge = await startTestEdge(`export function onClientResponse(request, response) { ${code}; }`, { site });

    const { status, body } = await sendRequest(edge.url, {});
    const { handlers } = await edge.report();

    expect(status).toBe(500);
    expect(body).not.toMatch(/reason|page/);
    expect(handlers).toMatchObject([
      {
        invocations: 1,
        failures: { ExecutionError: 1 },
        logLines: [{ level: 'error', message: expect.stringContaining('ExecutionError') }],
      },
    ]);
  });

  test('by a promise that nobody awaits changes nothing', async () => {
    const { origin: site } = await startRecorder();
    const edge = await startTestEdge(`export function onClientResponse() { Promise.reject(new Error('unseen')); }`, {
      site,
    });

    const statuses = [(await fetch(edge.url)).status, (await fetch(edge.url)).status];

    expect(statuses).toEqual([200, 200]);
    expect((await edge.report()).handlers).toMatchObject([{ invocations: 2, failures: {} }]);
  });

  test('loops without end or waits without end is stopped at the wall limit, and the next request works', async () => {
    const edge = await startTestEdge(`
      import { createResponse } from 'create-response';
      export async function responseProvider(request) {
        if (request.path === '/loop') { await 1; for (;;); }
        if (request.path === '/wait') await new Promise(() => {});
        return createResponse('fine');
      }`);
    const waited = fetch(`${edge.url}/wait`);

    const looped = await fetch(`${edge.url}/loop`);
    const next = await (await fetch(edge.url)).text();
    const { handlers } = await edge.report();

    expect([looped.status, (await waited).status, next]).toEqual([500, 500, 'fine']);
    expect(handlers).toMatchObject([{ invocations: 3, failures: { WallTimeoutError: 2 }, overCpu: 1 }]);
  });
});

describe('responseProvider', () => {
  test('reads the body as text, JSON, bytes or stream', async () => {
    const body = JSON.stringify({ word: 'żółw' });
    const reading = (expression: string) => evaluate(expression, '', {}, { method: 'POST', body });
    const streamed = `(async () => { const reader = request.body.getReader(); const { value } = await reader.read(); return [value instanceof Uint8Array, value.length, (await reader.read()).done]; })()`;

    const length = Buffer.byteLength(body);
    expect(await reading('request.text()')).toBe(body);
    expect(await reading('request.json()')).toEqual({ word: 'żółw' });
    expect(
      await reading('request.arrayBuffer().then((bytes) => [bytes instanceof ArrayBuffer, bytes.byteLength])'),
    ).toEqual([true, length]);
    expect(await reading(streamed)).toEqual([true, length, true]);
  });

  test('cannot read more than 1 MB as a stream, or more than its memory whole', async () => {
    const reading = (expression: string, bytes: number) =>
      evaluate(`told(() => ${expression})`, '', {}, { method: 'POST', body: 'x'.repeat(bytes) });

    const refused = { isError: true, thrown: expect.stringContaining('body is over') };
    expect(await reading('request.body.getReader().read()', 1024 * 1024 + 1)).toEqual(refused);
    expect(await reading('request.text()', 2 * 1024 * 1024 + 1)).toEqual(refused);
    expect(await reading('request.text().then((text) => text.length)', 2 * 1024 * 1024)).toBe(2 * 1024 * 1024);
  });

  test('answers with status, headers and body, also in the second form and as a stream', async () => {
    const edge = await startTestEdge(`
      import { createResponse } from 'create-response'; import { ReadableStream } from 'streams'; import { TextEncoder } from 'encoding';
      export function responseProvider(request) {
        if (request.path === '/options') return createResponse('second', { status: 201, headers: { 'X-A': 'b' } });
        if (request.path === '/stream') { let left = 3; return createResponse(200, {}, new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(new TextEncoder().encode('part ')); else c.close(); } })); }
        return createResponse(202, { 'Content-Length': '9999', 'x-many': ['a', 'b'] }, 'first');
      }`);

    expect(await sendRequest(edge.url, {})).toMatchObject({
      status: 202,
      headers: { 'content-length': '5', 'x-many': 'a, b' },
      body: 'first',
    });
    expect(await sendRequest(edge.url, { path: '/options' })).toMatchObject({
      status: 201,
      headers: { 'x-a': 'b' },
      body: 'second',
    });
    expect(await sendRequest(edge.url, { path: '/stream' })).toMatchObject({ status: 200, body: 'part part part ' });
  });

  test('cuts the connection when its stream fails after the head is out', async () => {
    const edge = await startTestEdge(`
      import { createResponse } from 'create-response'; import { ReadableStream } from 'streams';
      export function responseProvider() { return createResponse(200, {}, new ReadableStream({ start(c) { c.enqueue(new Uint8Array(10)); }, async pull() { throw new Error('broken'); } })); }`);

    await expect(sendRequest(edge.url, {})).rejects.toThrow();
    expect(await (await startTestEdge(answering('1'))).report()).toBeDefined();
  });

  test.each([
    ['a string over 100,000 bytes', `createResponse(200, {}, 'ż'.repeat(50_001))`, 'string body of 100002 bytes'],
    ['a head over 16 KB', `createResponse(200, { a: 'x'.repeat(16_384) }, '')`, 'status and headers'],
    ['a status that is none', `createResponse(99, {}, '')`, 'status 99'],
    ['a header that HTTP does not allow', `createResponse(200, { a: 'b\\n' }, '')`, 'a'],
  ])('createResponse refuses %s', async (_what, call, seen) => {
    expect(await evaluate(`told(() => ${call})`)).toEqual({ isError: true, thrown: expect.stringContaining(seen) });
  });

  test('that returns something else fails', async () => {
    const edge = await startTestEdge('export function responseProvider() { return { status: 200 }; }');

    expect((await fetch(edge.url)).status).toBe(500);
    expect((await edge.report()).handlers[0]?.logLines[0]?.message).toContain('createResponse');
  });
});

describe('the report', () => {
  test('tells what each handler used, and how fresh its events were', async () => {
    const { origin } = await startRecorder();
    const edge = await startTestEdge(
      `import { httpRequest } from 'http-request'; import { logger } from 'log';
       export async function onClientRequest(request) {
         logger.info('path %s', request.path + 'x'.repeat(2000));
         const kept = []; for (let n = 0; n < 30_000; n += 1) kept.push({ n });
         await httpRequest('https://${API}/', { method: 'POST', body: String(kept.length) });
         await httpRequest('https://other.example.com/');
         request.respondWith(200, {}, '');
       }`,
      { properties: property(origin) },
    );

    for (let call = 0; call < 3; call += 1) await fetch(edge.url);
    const { method, handlers } = await edge.report();

    const above0 = expect.any(Number);
    expect(method).toContain('Estimates');
    expect(handlers).toEqual([
      {
        edgeWorkerId: EDGE_WORKER_ID,
        handler: 'onClientRequest',
        invocations: 3,
        failures: {},
        cpuMs: { p50: above0, p99: above0, max: above0 },
        overCpu: expect.any(Number),
        heapKb: { p50: above0, p99: above0, max: above0 },
        overMemory: expect.any(Number),
        subRequests: {
          total: 6,
          maxPerInvocation: 2,
          overLimit: 0,
          byHostAndStatus: { [`${API} 200`]: 3, 'other.example.com 400': 3 },
        },
        freshnessMs: { p50: above0, p99: above0 },
        logLines: Array(3).fill({ level: 'info', message: `path /${'x'.repeat(1018)}` }),
      },
    ]);
    expect(handlers[0]?.cpuMs.max).toBeGreaterThan(0);
    expect(handlers[0]?.heapKb.max).toBeGreaterThan(100);
    expect(handlers[0]?.freshnessMs.p50).toBeGreaterThan(0);
  });

  test('counts calls that are over the tier, and lets them be', async () => {
    const edge = await startTestEdge(
      answering(
        `(() => { let sum = 0; const kept = []; for (let n = 0; n < 3e7; n += 1) { sum += n % 7; if (n % 300 === 0) kept.push({ n, text: 'x' + n }); } return kept.length; })()`,
      ),
    );

    const { status } = await fetch(edge.url);

    expect(status).toBe(200);
    expect((await edge.report()).handlers).toMatchObject([{ failures: {}, overMemory: 1 }]);
  });
});

describe('the edge', () => {
  test.each([
    [{ site: 'http://127.0.0.1:1/path' }, 'origin'],
    [{ contexts: 0 }, '0 contexts'],
    [{ properties: { 'API.example.com': { origin: 'http://127.0.0.1:1', allowPost: true } } }, 'API.example.com'],
    [{ variables: { TIME: 'x-time' } }, 'TIME'],
    [{ rules: [{ path: 'collect', edgeWorkerId: 1, version: '1', mainJs: '' }] }, 'collect'],
  ])('refuses options that mean nothing: %j', async (options, seen) => {
    const started = startEdge({ tier: 'basic', rules: [], properties: {}, ...options });

    await expect(started).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining(seen) });
  });

  test('says that its port is taken', async () => {
    const port = Number(new URL(await startServer(() => undefined)).port);

    await expect(startTestEdge('', { rules: [], port })).rejects.toMatchObject({ code: 'PORT_BUSY' });
  });

  test('is gone after stop, and says so', async () => {
    const edge = await startTestEdge('', { rules: [] });
    await edge.stop();

    await expect(fetch(edge.url)).rejects.toThrow();
    await expect(edge.report()).rejects.toThrow(EdgeError);
  });
});
