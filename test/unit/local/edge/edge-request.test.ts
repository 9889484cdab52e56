import { afterEach, describe, expect, test } from '@jest/globals';
import { sendRequest } from '../gateway/send-request.ts';
import { EDGE_WORKER_ID, endAll, readAll, startSiteAndEdge } from './start-test-edge.ts';

afterEach(endAll);

describe('a request', () => {
  test('reaches the handler with the visitor told by headers that go no further', async () => {
    const seen: NodeJS.Dict<string | string[]>[] = [];
    const bundle = `export function onClientResponse(request, response) {
      const { method, host, path, query, scheme, url, clientIp, userLocation, device } = request;
      const headers = Object.keys(request.getHeaders()).sort();
      response.setHeader('x-seen', JSON.stringify({ method, host, path, query, scheme, url, clientIp, userLocation, device, headers, time: request.getVariable('PMUSER_TIME'), none: request.getVariable('PMUSER_NONE') ?? null }));
    }`;
    const { edge } = await startSiteAndEdge(
      bundle,
      (message, response) => {
        seen.push(message.headers);
        response.end();
      },
      { variables: { PMUSER_TIME: 'x-event-time' } },
    );
    const told = [
      'user-agent',
      'Mozilla/5.0 (iPad)',
      'x-forwarded-for',
      '203.0.113.9, 10.0.0.1',
      'x-akamai-edgescape',
      'country_code=US,region_code=MA,city=CAMBRIDGE,fips=1+2',
      'x-event-time',
      '2026-01-01',
    ];

    const { headers } = await sendRequest(edge.url, { path: '/p/a?b=c?d', headers: told });

    expect(JSON.parse(String(headers['x-seen']))).toEqual({
      method: 'GET',
      host: new URL(edge.url).host,
      path: '/p/a',
      query: 'b=c?d',
      scheme: 'http',
      url: '/p/a?b=c?d',
      clientIp: '203.0.113.9',
      userLocation: { country: 'US', region: 'MA', city: 'CAMBRIDGE', fips: ['1', '2'] },
      device: { isMobile: true, isTablet: true, isWireless: true },
      headers: ['connection', 'host', 'user-agent'],
      time: '2026-01-01',
      none: null,
    });
    expect(Object.keys(seen[0] ?? {}).sort()).toEqual(['connection', 'host', 'user-agent']);
  });

  test('goes to the first rule that matches, and to the site only where none does or takes OPTIONS', async () => {
    const named = (name: string): string =>
      `export function onClientResponse(request, response) { response.setHeader('x-rule', '${name}'); }`;
    const rule = (path: string) => ({ path, edgeWorkerId: EDGE_WORKER_ID, version: '1', mainJs: named(path) });
    const { edge } = await startSiteAndEdge('', (_message, response) => response.end(), {
      rules: [rule('/exact'), rule('/a/*'), rule('/a/b/*'), { ...rule('/asked'), takesOptions: true }],
    });
    const ruleOf = async (method: string, path: string) =>
      (await sendRequest(edge.url, { method, path })).headers['x-rule'];

    const rules = await Promise.all([
      ruleOf('GET', '/exact?q'),
      ruleOf('PUT', '/a/b/c'),
      ruleOf('GET', '/exactly'),
      ruleOf('OPTIONS', '/exact'),
      ruleOf('OPTIONS', '/asked'),
    ]);

    expect(rules).toEqual(['/exact', '/a/*', undefined, undefined, '/asked']);
  });

  test('can be changed, routed or answered by onClientRequest, whose variables onClientResponse reads', async () => {
    const bundle = `
      export function onClientRequest(request) {
        if (request.path === '/denied') request.respondWith(403, { 'X-Why': ['no'] }, 'denied');
        request.setHeader('x-added', 'yes');
        request.removeHeader('x-secret');
        request.route({ path: '/routed' });
        request.setVariable('PMUSER_A', 'b');
      }
      export function onClientResponse(request, response) {
        response.setHeader('x-variable', request.getVariable('PMUSER_A'));
        let thrown;
        try { request.setVariable('PMUSER_LONG', 'x'.repeat(1024)); } catch (error) { thrown = error; }
        response.setHeader('x-thrown', String(thrown instanceof RangeError));
      }`;
    const { edge } = await startSiteAndEdge(bundle, async (message, response) => {
      response.end(
        JSON.stringify([
          message.url,
          message.headers['x-added'],
          message.headers['x-secret'] ?? null,
          await readAll(message),
        ]),
      );
    });

    const passed = await sendRequest(edge.url, {
      method: 'POST',
      path: '/p?q=1',
      headers: ['x-secret', 's'],
      body: 'sent',
    });
    const denied = await sendRequest(edge.url, { path: '/denied' });

    expect(JSON.parse(passed.body)).toEqual(['/routed?q=1', 'yes', null, 'sent']);
    expect(passed.headers).toMatchObject({ 'x-variable': 'b', 'x-thrown': 'true' });
    expect(denied).toMatchObject({ status: 403, body: 'denied', headers: { 'x-why': 'no' } });
  });
});
