import { afterEach, describe, expect, test } from '@jest/globals';
import { startEdge } from '../../../../local/edge/start-edge.ts';
import { EDGE_WORKER_ID, endAll, evaluate, startServer, startTestEdge } from './start-test-edge.ts';

afterEach(endAll);

const MAIN = `
  import { createResponse } from 'create-response';
  import { greet } from './utils/greet.js';
  import { count } from 'utils/count.js';
  export const responseProvider = () => createResponse(200, {}, greet(count()));`;

function startBundle(mainJs: string, modules: Readonly<Record<string, string>>) {
  const rule = { path: '/*', edgeWorkerId: EDGE_WORKER_ID, version: '1.0.0', mainJs, modules };
  return startTestEdge('', { rules: [rule] });
}

describe('a bundle of several files', () => {
  test('imports its own modules from where they are and from its root, also in a circle', async () => {
    const edge = await startBundle(MAIN, {
      'utils/greet.js': `import { count } from 'utils/count.js'; export const mark = '!'; export const greet = (n) => 'hello ' + n + count();`,
      'utils/count.js': `import { mark } from './greet.js'; let n = 0; export const count = () => ++n + mark;`,
    });

    expect(await (await fetch(edge.url)).text()).toBe('hello 1!2!');
  });

  test.each([
    ['a file that is not there', `import './no.js';`, 'of the bundle (utils/lib.js, main.js)'],
    ['a file without its suffix', `import './utils/lib';`, `'./utils/lib.js'`],
    ['a module that only Akamai has', `import 'html-rewriter';`, 'Akamai has that module; this edge does not'],
    ['a file with a mistake', `import './utils/lib.js';`, 'utils/lib.js: SyntaxError'],
  ])('is refused with a word on what to do: %s', async (_what, imports, seen) => {
    const started = startBundle(`${imports} export function onClientRequest() {}`, { 'utils/lib.js': 'export {' });

    await expect(started).rejects.toMatchObject({ code: 'BUNDLE_REFUSED', message: expect.stringContaining(seen) });
  });
});

test('the handlers of the origin change what goes there and what comes back, not what the visitor asked', async () => {
  const site = await startServer((request, response) => {
    response.setHeader('x-seen', `${request.url} ${request.headers['x-to-origin']}`).end('page');
  });
  const edge = await startTestEdge(
    `export function onClientRequest(request) { request.route({ path: '/moved' }); }
     export function onOriginRequest(request) { request.setHeader('X-To-Origin', 'yes'); }
     export function onOriginResponse(request, response) { response.setHeader('X-Origin', String(request.getHeader('X-To-Origin')) + response.status); }
     export function onClientResponse(request, response) { response.setHeader('X-Client', String(request.getHeader('X-To-Origin'))); }`,
    { site },
  );

  const { headers } = await fetch(edge.url);

  expect(['x-seen', 'x-origin', 'x-client'].map((name) => headers.get(name))).toEqual([
    '/moved yes',
    'yes200',
    'undefined',
  ]);
});

test('a handler of the origin may answer itself', async () => {
  const edge = await startTestEdge(`export function onOriginRequest(request) { request.respondWith(451, {}, 'no'); }`);

  const answer = await fetch(edge.url);

  expect([answer.status, await answer.text()]).toEqual([451, 'no']);
});

describe('the module cookies', () => {
  const imports = `import { Cookies, SetCookie } from 'cookies';`;

  test('reads, changes and writes cookies', async () => {
    const made = await evaluate(
      `(() => {
        const cookies = new Cookies('a=1; b=x%20y; a=2; c="q"; broken=%zz');
        const before = [cookies.get('b'), cookies.getAll('a'), cookies.names(), cookies.get('c'), cookies.get('broken')];
        cookies.delete('a'); cookies.add('d', 'p q');
        return [before, cookies.toHeader(), new Cookies(undefined).toHeader(), new Cookies(['k=v']).get('k'), new Cookies('k=v', { decode: (text) => text + '!' }).get('k')];
      })()`,
      imports,
    );

    expect(made).toEqual([
      ['x y', ['1', '2'], ['a', 'b', 'c', 'broken'], 'q', '%zz'],
      'b=x%20y; c=q; broken=%25zz; d=p%20q',
      '',
      'v',
      'v!',
    ]);
  });

  test('writes a Set-Cookie with its attributes, and none without a name', async () => {
    const made = await evaluate(
      `(async () => {
        const cookie = new SetCookie({ name: 'a', value: 'x y', maxAge: 60, path: '/', sameSite: true });
        cookie.secure = true; cookie.httpOnly = true; cookie.domain = 'example.com'; cookie.expires = new Date(0);
        return [cookie.toHeader(), await told(() => new SetCookie().toHeader())];
      })()`,
      imports,
    );

    expect(made).toEqual([
      'a=x%20y; Max-Age=60; Domain=example.com; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
      { isError: true, thrown: expect.stringContaining('expected a name') },
    ]);
  });
});

test('variables that the property sets to a value are there, and one that it sets from a header comes first', async () => {
  const options = { constants: { PMUSER_HOST: 'fixed', PMUSER_A: 'b' }, variables: { PMUSER_HOST: 'x-host' } };
  const expression = `['PMUSER_HOST', 'PMUSER_A', 'PMUSER_B'].map((name) => request.getVariable(name) ?? null)`;

  expect(await evaluate(expression, '', options)).toEqual(['fixed', 'b', null]);
  expect(await evaluate(expression, '', options, { headers: { 'x-host': 'set' } })).toEqual(['set', 'b', null]);
});

test('a property whose behaviours allow PUT and DELETE takes them', async () => {
  const origin = await startServer((request, response) => response.end(request.method));
  const asking = `Promise.all(['PUT', 'DELETE'].map(async (method) => (await httpRequest('https://h.example.com/', { method })).status))`;
  const imports = `import { httpRequest } from 'http-request';`;
  const host = { origin, allowPost: false };

  expect(await evaluate(asking, imports, { properties: { 'h.example.com': host } })).toEqual([403, 403]);
  const allowing = { 'h.example.com': { ...host, allowPutAndDelete: true } };
  expect(await evaluate(asking, imports, { properties: allowing })).toEqual([200, 200]);
});

test('the report says how long module-level code took', async () => {
  const rule = { path: '/*', edgeWorkerId: 7, version: '1', mainJs: 'export function onClientRequest() {}' };
  const edge = await startEdge({ tier: 'basic', rules: [rule], properties: {} });
  try {
    const { workers } = await edge.report();

    expect(workers).toEqual([
      { edgeWorkerId: 7, initWallMs: expect.any(Number), initCpuMs: expect.any(Number), overInitCpu: false },
    ]);
  } finally {
    await edge.stop();
  }
});
