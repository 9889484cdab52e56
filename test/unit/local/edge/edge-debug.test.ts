import { afterEach, describe, expect, test } from '@jest/globals';
import { API, endAll, property, startRecorder, startServer, startTestEdge } from './start-test-edge.ts';

afterEach(endAll);

const INLINE = `
  import { logger } from 'log';
  import { httpRequest } from 'http-request';
  export async function onClientRequest(request) {
    logger.debug('came to %s', request.path);
    await (await httpRequest('https://${API}/a?b="c"')).text();
    request.setVariable('PMUSER_TRACE', String(request.getHeader('Akamai-EW-Trace')));
  }
  export function onClientResponse(request, response) {
    logger.error('żółw');
    httpRequest('/later').catch(() => {});
    response.setHeader('X-Trace-Seen', request.getVariable('PMUSER_TRACE'));
  }`;
const DEBUG = 'akamai-x-ew-debug';
const EVERYTHING = `${DEBUG}, akamai-x-ew-debug-subs, akamai-x-ew-debug-rp`;
const TIMES = 'res_tier=100; init_wall_time=0; wall_time=[\\d.]+; init_cpu_time=0; cpu_time=[\\d.]+; memory_usage=\\d+';

async function startInline(code = INLINE) {
  const { origin } = await startRecorder();
  const site = await startServer((request, response) =>
    response.setHeader('x-site-saw', String(request.headers['akamai-ew-trace'])).end('page'),
  );
  return startTestEdge(code, { site, properties: property(origin) });
}

const ask = async (url: string, headers: Record<string, string>) => {
  const answer = await fetch(url, { headers });
  const told = [...answer.headers].filter(([name]) => name.startsWith('x-akamai-'));
  return { status: answer.status, headers: answer.headers, body: await answer.text(), told: Object.fromEntries(told) };
};

describe('debug headers', () => {
  test('are not there unless asked for, whatever else Pragma and the trace header say', async () => {
    const edge = await startInline();

    for (const headers of [{}, { pragma: 'no-cache' }, { 'akamai-ew-trace': 'token' }]) {
      expect((await ask(edge.url, headers)).told).toEqual({});
    }
  });

  test('say in their standard form how each handler ended, also one that the bundle lacks', async () => {
    const edge = await startInline();

    const { told } = await ask(edge.url, { pragma: DEBUG });

    expect(told).toEqual({
      'x-akamai-edgeworker-onclientrequest-info': 'ew=12345 v1.0.0:local; status=Success',
      'x-akamai-edgeworker-onoriginrequest-info': 'ew=12345 v1.0.0:local; status=UnimplementedEventHandler',
      'x-akamai-edgeworker-onoriginresponse-info': 'ew=12345 v1.0.0:local; status=UnimplementedEventHandler',
      'x-akamai-edgeworker-onclientresponse-info': 'ew=12345 v1.0.0:local; status=Success',
    });
  });

  test('of one handler are asked for by its name', async () => {
    const edge = await startInline();

    const { told } = await ask(edge.url, { pragma: 'akamai-x-ew-onclientresponse' });

    expect(Object.keys(told)).toEqual(['x-akamai-edgeworker-onclientresponse-info']);
  });

  test('say in their enhanced form what each call used, logged and asked for', async () => {
    const edge = await startInline();

    const { told, headers } = await ask(`${edge.url}/page`, { pragma: EVERYTHING, 'akamai-ew-trace': 'token' });

    expect(told['x-akamai-edgeworker-onclientrequest-info']).toMatch(
      new RegExp(`^ew=12345 v1\\.0\\.0:local; status=Success; status_msg=-; ${TIMES}$`),
    );
    expect(told['x-akamai-edgeworker-onclientrequest-log']).toBe('D:main.js:5 came to /page\\r\\n');
    expect(told['x-akamai-edgeworker-onclientresponse-log']).toBe('E:main.js:10 %C5%BC%C3%B3%C5%82w\\r\\n');
    const dur = '[\\d.]+';
    expect(told['x-akamai-edgeworker-subrequests']).toMatch(
      new RegExp(
        `^ew=12345; evt=CReq; id=1; method="GET"; url="https://${API}/a\\?b=%22c%22"; url_encoded=1; rsp=200; dur=${dur}; total_dur=${dur}, ` +
          `ew=12345; evt=CRsp; id=1; method="GET"; url="https://127\\.0\\.0\\.1:\\d+/later"; (rsp=pending|rsp=400; dur=${dur}.*)$`,
      ),
    );
    // The token is for the edge alone.
    expect([headers.get('x-trace-seen'), headers.get('x-site-saw')]).toEqual(['undefined', 'undefined']);
  });

  test('leave out log lines below the level that was asked for', async () => {
    const edge = await startInline();

    const { told } = await ask(edge.url, {
      pragma: DEBUG,
      'akamai-ew-trace': 'token',
      'akamai-x-ew-log-level': 'warn',
    });

    expect(Object.keys(told).filter((name) => name.endsWith('-log'))).toEqual([
      'x-akamai-edgeworker-onclientresponse-log',
    ]);
  });

  test('say why a handler failed', async () => {
    const edge = await startInline(`export function onClientRequest() { nothing(); }`);

    const standard = await ask(edge.url, { pragma: DEBUG });
    const enhanced = await ask(edge.url, { pragma: DEBUG, 'akamai-ew-trace': 'token' });

    expect(standard).toMatchObject({
      status: 500,
      told: { 'x-akamai-edgeworker-onclientrequest-info': 'ew=12345 v1.0.0:local; status=Failed' },
    });
    expect(enhanced.told['x-akamai-edgeworker-onclientrequest-info']).toContain(
      'status=ExecutionError; status_msg=ReferenceError:+nothing+is+not+defined; res_tier=100',
    );
  });

  test('are cut where they get too long, as Akamai cuts them', async () => {
    const edge = await startInline(`
      import { logger } from 'log';
      export function onClientRequest() { for (let n = 0; n < 9; n++) logger.log('x'.repeat(900)); }`);

    const { told } = await ask(edge.url, { pragma: DEBUG, 'akamai-ew-trace': 'token' });

    expect(told['x-akamai-edgeworker-onclientrequest-log']).toMatch(/^L:main\.js:3 x{900}.*x\$$/);
  });
});

describe('the trace of responseProvider', () => {
  const parts = (type: string | null, body: string) =>
    body
      .split(`--${/boundary=(\S+)$/.exec(type ?? '')?.[1]}`)
      .map((part) => part.split('\r\n\r\n').slice(1).join('\r\n\r\n'));

  test.each([
    ['text', `createResponse(201, { 'Content-Type': 'text/plain' }, 'made')`],
    [
      'a stream',
      `createResponse(201, {}, new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('made')); c.close(); } }))`,
    ],
  ])('follows its body as a part of its own: %s', async (_what, made) => {
    const edge = await startInline(`
      import { createResponse } from 'create-response'; import { ReadableStream } from 'streams'; import { TextEncoder } from 'encoding';
      export function responseProvider() { return ${made}; }`);

    const { status, headers, body, told } = await ask(edge.url, { pragma: EVERYTHING, 'akamai-ew-trace': 'token' });

    expect(status).toBe(201);
    const [, first = '', second = ''] = parts(headers.get('content-type'), body);
    expect(first.trimEnd()).toBe('made');
    expect(second).toMatch(
      new RegExp(`^X-Akamai-EdgeWorker-ResponseProvider-Info: ew=12345 .*status=Success.*${TIMES}`),
    );
    expect(Object.keys(told)).toEqual([
      'x-akamai-edgeworker-onclientrequest-info',
      'x-akamai-edgeworker-onclientresponse-info',
    ]);
  });

  test('is a header without a token', async () => {
    const edge = await startInline(`
      import { createResponse } from 'create-response';
      export function responseProvider() { return createResponse('made'); }`);

    const { body, told } = await ask(edge.url, { pragma: 'akamai-x-ew-debug-rp' });

    expect(body).toBe('made');
    expect(told).toEqual({ 'x-akamai-edgeworker-responseprovider-info': 'ew=12345 v1.0.0:local; status=Success' });
  });
});
