import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { sendBytes, sendRequest } from '../gateway/send-request.ts';
import {
  API,
  endAll,
  property,
  startRecorder,
  startServer,
  startSiteAndEdge,
  startTestEdge,
} from './start-test-edge.ts';

afterEach(endAll);

const FIRE_AND_FORGET = `
  import { httpRequest } from 'http-request';
  export function onClientResponse(request, response) {
    httpRequest('https://${API}/events', { method: 'POST', body: request.path + ' ' + response.status }).catch(() => undefined);
  }`;
const QUIET = 'export function onClientResponse() {}';

describe('a visitor of a page', () => {
  test('gets the bytes that the site sent, head and body, with an event on the way', async () => {
    const { origin: api, next } = await startRecorder();
    const body = Buffer.from([0, 255, 10, 13, 0, 128]);
    const { edge, origin } = await startSiteAndEdge(
      FIRE_AND_FORGET,
      (_message, response) => {
        const head = [
          'Date',
          'Mon, 01 Jan 2026 00:00:00 GMT',
          'X-Case',
          'Kept',
          'set-cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'Content-Encoding',
          'br',
          'Content-Length',
          '6',
        ];
        response.writeHead(203, 'So To Say', head).end(body);
      },
      { properties: property(api) },
    );
    const posted = next();
    const ask = (to: string): Promise<string> =>
      sendBytes(to, 'GET /p?q HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n');

    const [direct, edged] = [await ask(origin), await ask(edge.url)];

    expect(edged).toBe(direct);
    expect((await posted).body).toBe('/p 203');
  });

  test('does not wait for the sub-request that nobody awaits', async () => {
    const { promise: asked, resolve: sawEvent } = Promise.withResolvers<() => void>();
    const api = await startServer((_message, response) => sawEvent(() => response.end()));
    const { edge } = await startSiteAndEdge(FIRE_AND_FORGET, (_message, response) => response.end('page'), {
      properties: property(api),
    });

    const page = await (await fetch(`${edge.url}/p`)).text();
    const release = await asked;
    const { handlers } = await edge.report();
    release();

    expect(page).toBe('page');
    expect(handlers).toMatchObject([{ invocations: 1, subRequests: { total: 1, byHostAndStatus: {} } }]);
  });

  test('sets off a chain of sub-requests that goes on after the answer, also while the edge stops', async () => {
    const { promise: asked, resolve: sawFirst } = Promise.withResolvers<() => void>();
    const { origin: events, received } = await startRecorder();
    const settings = await startServer((_message, response) => sawFirst(() => response.end('as told')));
    const bundle = `
      import { httpRequest } from 'http-request';
      import { crypto } from 'crypto';
      const send = async () => {
        const body = await (await httpRequest('https://settings.example.com/')).text();
        await crypto.subtle.digest('SHA-256', new Uint8Array(1000));
        await httpRequest('https://${API}/', { method: 'POST', body });
      };
      export function onClientResponse() { send().catch(() => undefined); }`;
    const { edge } = await startSiteAndEdge(bundle, (_message, response) => response.end('page'), {
      properties: { ...property(events), 'settings.example.com': { origin: settings, allowPost: false } },
    });

    await fetch(edge.url);
    const release = await asked;
    const stopped = edge.stop();
    release();
    await stopped;

    expect(received.map(({ body }) => body)).toEqual(['as told']);
  });

  test('shares no limit with another visitor whose call waits for the same promise of the module', async () => {
    const { promise: asked, resolve: sawFirst } = Promise.withResolvers<() => void>();
    const { origin } = await startRecorder();
    const slow = await startServer((_message, response) => sawFirst(() => response.end()));
    const bundle = `
      import { httpRequest } from 'http-request';
      let shared;
      export async function onClientRequest(request) {
        shared ??= httpRequest('https://slow.example.com/');
        await shared;
        const { status } = await httpRequest('https://${API}/');
        request.respondWith(200, {}, status + ' ' + (Date.now() > 0));
      }`;
    const properties = { ...property(origin), 'slow.example.com': { origin: slow, allowPost: false } };
    const edge = await startTestEdge(bundle, { properties });
    const visitors = Array.from({ length: 4 }, async () => (await fetch(edge.url)).text());
    const release = await asked;

    release();

    expect(await Promise.all(visitors)).toEqual(Array(4).fill('200 true'));
    expect((await edge.report()).handlers[0]?.subRequests).toMatchObject({ total: 5, maxPerInvocation: 2 });
  });

  test('waits for a promise that the handler returns', async () => {
    const order: string[] = [];
    const api = await startServer((_message, response) => {
      order.push('sub-request');
      response.end('value');
    });
    const bundle = `
      import { httpRequest } from 'http-request';
      export async function onClientResponse(request, response) { response.setHeader('x-read', await (await httpRequest('https://${API}/')).text()); }`;
    const { edge } = await startSiteAndEdge(bundle, (_message, response) => response.end('page'), {
      properties: property(api),
    });

    const { headers } = await fetch(edge.url);
    order.push('answer');

    expect([headers.get('x-read'), order]).toEqual(['value', ['sub-request', 'answer']]);
  });

  test('gets what the handler made of the head', async () => {
    const bundle = `export function onClientResponse(request, response) {
      response.status = response.status + 4;
      response.addHeader('X-Many', ['b', 'c']);
      response.setHeader('X-One', response.getHeader('x-one')[0] + '!');
      response.removeHeader('x-gone');
    }`;
    const { edge } = await startSiteAndEdge(bundle, (_message, response) => {
      response.writeHead(400, { 'x-many': 'a', 'x-one': '1', 'x-gone': '1' }).end('body');
    });

    const { status, headers, body } = await sendRequest(edge.url, {});

    expect([status, body]).toEqual([404, 'body']);
    expect(headers).toMatchObject({ 'x-many': 'a, b, c', 'x-one': '1!' });
    expect(headers).not.toHaveProperty('x-gone');
  });

  test.each([
    ['HEAD', 200, { 'content-length': '1234' }],
    ['GET', 204, {}],
    ['GET', 304, { etag: '"x"' }],
    ['GET', 301, { location: 'https://shop.example.com/' }],
    ['DELETE', 200, {}],
  ])('gets an answer without a body as it is: %s %i', async (method, status, head) => {
    const { edge } = await startSiteAndEdge(QUIET, (_message, response) => response.writeHead(status, head).end());

    const received = await sendRequest(edge.url, { method });

    expect(received).toMatchObject({ status, headers: head, body: '' });
  });

  test('can send and receive more than fits in memory buffers', async () => {
    const size = 8 * 1024 * 1024;
    const { edge } = await startSiteAndEdge(QUIET, (message, response) => void message.pipe(response));

    const { body } = await sendRequest(edge.url, { method: 'POST', body: Buffer.alloc(size, 'x') });

    expect(body.length).toBe(size);
  });

  test('who goes away ends the answer of the site, and others are served', async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const { edge } = await startSiteAndEdge(QUIET, (message, response) => {
      if (message.url !== '/endless') return void response.end('next');
      response.on('close', end);
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const leaving = request(`${edge.url}/endless`, { agent: new Agent() }).end();
    const [message] = await once(leaving, 'response');
    await once(message, 'data');
    leaving.on('error', () => undefined).destroy();

    await ended;

    expect(await (await fetch(`${edge.url}/p`)).text()).toBe('next');
  });

  test('gets 404 where there is no site, 503 where it is down', async () => {
    const noSite = await startTestEdge(QUIET);
    const siteDown = await startTestEdge(QUIET, { site: 'http://127.0.0.1:9' });

    expect([(await fetch(noSite.url)).status, (await fetch(siteDown.url)).status]).toEqual([404, 503]);
  });
});
