import { afterEach, describe, expect, test } from '@jest/globals';
import type { HandlerReport } from '../../../../local/edge/start-edge.ts';
import {
  API,
  answering,
  endAll,
  evaluate,
  property,
  startRecorder,
  startServer,
  startTestEdge,
} from './start-test-edge.ts';

afterEach(endAll);

const HTTP = `import { httpRequest } from 'http-request';`;
const REFUSED = { isError: true };

/** What one sub-request came to. */
async function ask(call: string, origin: string, changes: Parameters<typeof property>[1] = {}): Promise<unknown> {
  return evaluate(
    `told(async () => { const answer = await ${call}; return { status: answer.status, ok: answer.ok, text: await answer.text() }; })`,
    `${HTTP} import { ReadableStream } from 'streams'; const body = () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array([104, 105])); c.close(); } });`,
    { properties: property(origin, changes) },
  );
}

describe('a sub-request', () => {
  test('reaches the origin of its property, and the bundle reads the answer', async () => {
    const { origin, received } = await startRecorder();

    const answer = await evaluate(
      `(async () => {
        const answer = await httpRequest('http://${API}/v1?a=b c#x', { method: 'post', body: 'żółw', headers: { 'X-One': 'a', 'X-Two': ['b', 'c'], Authorization: 'Bearer t', 'X-Akamai-EdgeDB-Auth-Ref': 'r' } });
        return { ok: answer.ok, status: answer.status, header: answer.getHeader('X-Recorded'), none: answer.getHeader('x-none') ?? null, all: answer.getHeaders()['x-recorded'], json: await answer.json(), again: await told(() => answer.text()) };
      })()`,
      HTTP,
      { properties: property(origin, { requestHeaders: { 'x-from-property': 'yes' } }) },
    );

    expect(answer).toEqual({
      ok: true,
      status: 200,
      header: ['yes'],
      none: null,
      all: ['yes'],
      json: { got: 'żółw' },
      again: { thrown: 'TypeError: the body was read before', isError: true },
    });
    expect(received).toEqual([
      {
        method: 'POST',
        url: '/v1?a=b%20c',
        body: 'żółw',
        headers: expect.objectContaining({
          host: new URL(origin).host,
          'content-length': '7',
          'x-one': 'a',
          'x-two': 'b, c',
          authorization: 'Bearer t',
          'x-akamai-edgedb-auth-ref': 'r',
          'x-from-property': 'yes',
        }),
      },
    ]);
  });

  test('to a relative URL goes to the host of the visitor', async () => {
    const { origin, received } = await startRecorder();

    const status = await evaluate(`(await httpRequest('/beacon')).status`, HTTP, {
      properties: { '127.0.0.1': { origin, allowPost: false } },
    });

    expect([status, received.map(({ url }) => url)]).toEqual([200, ['/beacon']]);
  });

  test('comes back as it is when it is redirected or fails at the origin', async () => {
    const origin = await startServer((message, response) => {
      response.writeHead(message.url === '/moved' ? 302 : 503, { location: '/elsewhere' }).end('as is');
    });

    expect(await ask(`httpRequest('https://${API}/moved')`, origin)).toEqual({ status: 302, ok: false, text: 'as is' });
    expect(await ask(`httpRequest('https://${API}/down')`, origin)).toEqual({ status: 503, ok: false, text: 'as is' });
  });

  test.each([
    ['an unknown host', `httpRequest('https://other.example.com/')`, {}, 400],
    [
      'POST that the property does not allow',
      `httpRequest('https://${API}/', { method: 'POST', body: 'x' })`,
      { allowPost: false },
      403,
    ],
    ['PUT, which has no switch here', `httpRequest('https://${API}/', { method: 'PUT', body: 'x' })`, {}, 403],
    ['a body of unknown length', `httpRequest('https://${API}/', { method: 'POST', body: body() })`, {}, 411],
  ])('is answered by the edge itself: %s', async (_what, call, changes, status) => {
    const { origin, received } = await startRecorder();

    const answer = await ask(call, origin, changes);

    expect(answer).toEqual({ status, ok: false, text: expect.any(String) });
    expect(received).toEqual([]);
  });

  test('sends a stream where the property takes bodies of unknown length', async () => {
    const { origin, received } = await startRecorder();

    await ask(`httpRequest('https://${API}/', { method: 'POST', body: body() })`, origin, {
      allowWithoutContentLength: true,
    });

    expect(received).toMatchObject([{ body: 'hi', headers: { 'transfer-encoding': 'chunked' } }]);
  });

  test.each([
    ['a port', `httpRequest('https://${API}:8443/')`, 'a port'],
    ['another scheme', `httpRequest('ftp://${API}/')`, 'scheme ftp'],
    ['PATCH', `httpRequest('https://${API}/', { method: 'PATCH' })`, 'method PATCH'],
    [
      'a header of the connection',
      `httpRequest('https://${API}/', { headers: { 'Content-Length': '3' } })`,
      'Content-Length',
    ],
    [
      'a header of Akamai',
      `httpRequest('https://${API}/', { headers: { 'X-Akamai-Config-Log-Detail': 'true' } })`,
      'X-Akamai-Config-Log-Detail',
    ],
    [
      'a value that would end its line',
      `httpRequest('https://${API}/', { headers: { a: 'b\\r\\nc: d' } })`,
      'header a',
    ],
  ])('rejects with an Error that says why: %s', async (_what, call, seen) => {
    const { origin, received } = await startRecorder();

    expect(await ask(call, origin)).toEqual({ ...REFUSED, thrown: expect.stringContaining(seen) });
    expect(received).toEqual([]);
  });

  test('that nobody answers in time rejects, and the error names the URL', async () => {
    const origin = await startServer(() => undefined);

    const told = await ask(`httpRequest('https://${API}/slow', { timeout: 20 })`, origin);

    expect(told).toEqual({ ...REFUSED, thrown: `Error: subrequest to URL https://${API}/slow timed out after 20 ms` });
  });

  test('whose body comes too late rejects where it is read', async () => {
    const origin = await startServer((_message, response) => response.write('half'));

    const told = await evaluate(
      `(async () => { const answer = await httpRequest('https://${API}/', { timeout: 200 }); return [answer.status, await told(() => answer.text())]; })()`,
      HTTP,
      { properties: property(origin) },
    );

    expect(told).toEqual([200, { ...REFUSED, thrown: expect.stringContaining('timed out') }]);
  });

  test('rejects when the connection fails, or the answer is over the limits', async () => {
    const origin = await startServer((message, response) => {
      if (message.url === '/cut') response.destroy();
      else if (message.url === '/head') response.setHeader('x', 'x'.repeat(8192)).end();
      else response.end(Buffer.alloc(5 * 1024 * 1024 + 1));
    });

    expect(await ask(`httpRequest('https://${API}/cut')`, origin)).toEqual({
      ...REFUSED,
      thrown: expect.stringContaining('ECONNRESET'),
    });
    expect(await ask(`httpRequest('https://${API}/head')`, origin)).toEqual({
      ...REFUSED,
      thrown: expect.stringContaining('bytes of headers'),
    });
    expect(await ask(`httpRequest('https://${API}/body')`, origin)).toEqual({
      ...REFUSED,
      thrown: expect.stringContaining('more than 5242880 bytes'),
    });
  });
});

describe('sub-requests of one call', () => {
  test('above the number of the tier are rejected', async () => {
    const { origin, received } = await startRecorder();
    const edge = await startTestEdge(
      `import { httpRequest } from 'http-request';
       export async function onClientRequest(request) {
         const all = await Promise.all([1, 2, 3].map((n) => httpRequest('https://${API}/' + n).then(({ status }) => status, String)));
         request.respondWith(200, {}, JSON.stringify(all));
       }`,
      { properties: property(origin) },
    );

    const all = await (await fetch(edge.url)).json();

    expect(all).toEqual([200, 200, 'Error: sub-request 3 of one onClientRequest call: the tier allows 2']);
    expect(received).toHaveLength(2);
  });

  test('above the parallel number wait for their turn, and their timeout runs meanwhile', async () => {
    const held: (() => void)[] = [];
    const seen: string[] = [];
    const origin = await startServer((message, response) => {
      seen.push(message.url ?? '');
      held.push(() => response.end('done'));
    });
    const edge = await startTestEdge(
      answering(
        `(async () => {
          const five = [1, 2, 3, 4, 5].map((n) => httpRequest('https://${API}/' + n));
          const impatient = await told(() => httpRequest('https://${API}/impatient', { timeout: 50 }));
          const patient = httpRequest('https://${API}/patient');
          return { impatient, five: (await Promise.all(five)).map(({ status }) => status), patient: (await patient).status };
        })()`,
        HTTP,
      ),
      { properties: property(origin) },
    );
    const answered = fetch(edge.url).then((response) => response.json());
    const releaseAll = (): void => {
      for (const release of held.splice(0)) release();
    };

    const report = await waitFor(edge.report, ({ subRequests }) => subRequests.byHostAndStatus[`${API} timeout`] === 1);
    const whileHeld = [...seen].sort();
    releaseAll();
    await waitFor(edge.report, () => seen.includes('/patient'));
    releaseAll();

    expect(whileHeld).toEqual(['/1', '/2', '/3', '/4', '/5']);
    expect(report.subRequests.byHostAndStatus).toEqual({ [`${API} timeout`]: 1 });
    expect(await answered).toEqual({
      impatient: { ...REFUSED, thrown: expect.stringContaining('timed out after 50 ms') },
      five: Array(5).fill(200),
      patient: 200,
    });
    expect(seen).not.toContain('/impatient');
  });
});

/** Asks for reports until one tells what is waited for. */
async function waitFor(
  report: () => Promise<{ readonly handlers: readonly HandlerReport[] }>,
  tells: (handler: HandlerReport) => boolean,
): Promise<HandlerReport> {
  for (;;) {
    const [handler] = (await report()).handlers;
    if (handler !== undefined && tells(handler)) return handler;
  }
}
