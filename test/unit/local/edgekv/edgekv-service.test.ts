import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createEdgeKvService,
  EdgeKvNotListeningError,
  type EdgeKvService,
  EdgeKvTokenError,
} from '../../../../local/edgekv/edgekv-service.ts';
import { EdgeKvWriteError } from '../../../../local/edgekv/item-store.ts';

const TOKEN = 'edgekv-access-token';
const ITEM_PATH = '/api/v1/namespaces/edgehouse/groups/credentials/items/12345';
const VALUE = '{"v":1,"token":"t"}';
const running: EdgeKvService[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

async function start() {
  const service = createEdgeKvService({ accessToken: TOKEN, network: 'production' });
  running.push(service);
  const origin = await service.listen(0);
  await service.edgeKv.put('production', 'edgehouse', 'credentials', '12345', VALUE);
  return { service, origin };
}

/** Unlike fetch, sends any Host header and any path as given. */
function get(origin: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(origin);
  return new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const type = incoming.headers['content-type'] ?? '';
        resolve({ status: incoming.statusCode ?? 0, type, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('a write that is late', () => {
  test('is seen by readers after its delay, never overtaken by an earlier one, and by who writes at once', async () => {
    let now = 0;
    const delays = [5_000, 2_000];
    const lateness = { clock: () => now, delay: () => delays.shift() ?? 0 };
    const service = createEdgeKvService({ accessToken: TOKEN, network: 'production', lateness });
    running.push(service);
    const origin = await service.listen(0);
    const read = async () => (await get(origin, ITEM_PATH, { 'X-Akamai-EdgeDB-Auth': TOKEN })).body;
    await service.edgeKv.put('production', 'edgehouse', 'credentials', '12345', '"old"');
    await service.edgeKv.put('production', 'edgehouse', 'credentials', '12345', '"new"');

    const before = await get(origin, ITEM_PATH, { 'X-Akamai-EdgeDB-Auth': TOKEN });
    const written = await service.edgeKv.get('production', 'edgehouse', 'credentials', '12345');
    now = 2_000;
    const after = await read();
    now = 60_000;
    const later = await read();

    expect([before.status, written, after, later]).toEqual([404, '"new"', '"new"', '"new"']);
  });
});

describe('an EdgeWorker', () => {
  test.each(['X-Akamai-EdgeDB-Auth', 'X-Akamai-EdgeDB-Auth-Ref'])(
    'reads its item with the token in %s',
    async (name) => {
      const { origin } = await start();
      expect(await get(origin, ITEM_PATH, { [name]: TOKEN })).toEqual({
        status: 200,
        type: 'application/json',
        body: VALUE,
      });
    },
  );

  test.each([
    [ITEM_PATH, {}, 401, 'EKV_3000'],
    [ITEM_PATH, { 'X-Akamai-EdgeDB-Auth': 'wrong' }, 401, 'EKV_3000'],
    [ITEM_PATH, { 'X-Akamai-EdgeDB-Auth-Ref': `${TOKEN}x` }, 401, 'EKV_3000'],
    [`${ITEM_PATH}6`, { 'X-Akamai-EdgeDB-Auth': TOKEN }, 404, 'EKV_9000'],
    [ITEM_PATH.replace('edgehouse', 'other'), { 'X-Akamai-EdgeDB-Auth': TOKEN }, 404, 'EKV_9000'],
    [ITEM_PATH.replace('edgehouse', '-other'), { 'X-Akamai-EdgeDB-Auth': TOKEN }, 400, 'EKV_9000'],
    [ITEM_PATH.replace('12345', '%31'), { 'X-Akamai-EdgeDB-Auth': TOKEN }, 400, 'EKV_9000'],
    ['/api/v1/tokens', { 'X-Akamai-EdgeDB-Auth': TOKEN }, 404, 'EKV_9000'],
  ])('reading %s with %j gets a problem of status %i', async (path, headers, status, errorCode) => {
    const { origin } = await start();
    const received = await get(origin, path, { ...headers });
    expect([received.status, received.type]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(received.body)).toMatchObject({
      type: expect.any(String),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: path,
      errorCode,
      additionalDetail: { requestId: expect.any(String) },
    });
    expect(received.body).not.toContain(TOKEN);
  });

  test('cannot write', async () => {
    const { origin } = await start();
    expect((await get(origin, ITEM_PATH, { 'X-Akamai-EdgeDB-Auth': TOKEN }, 'PUT')).status).toBe(405);
  });

  test('does not see the other network', async () => {
    const { service, origin } = await start();
    await service.edgeKv.put('staging', 'edgehouse', 'credentials', 'only-staging', VALUE);
    const path = ITEM_PATH.replace('12345', 'only-staging');
    expect((await get(origin, path, { 'X-Akamai-EdgeDB-Auth': TOKEN })).status).toBe(404);
    expect((await get(origin, '/items/only-staging')).status).toBe(404);
  });

  test('sees the last value written, as text where it is no JSON', async () => {
    const { service, origin } = await start();
    await service.edgeKv.put('production', 'edgehouse', 'credentials', '12345', 'a.b.c');
    const received = await get(origin, ITEM_PATH, { 'X-Akamai-EdgeDB-Auth': TOKEN });
    expect([received.type, received.body]).toEqual(['text/plain; charset=utf-8', 'a.b.c']);
  });
});

describe('the plain route', () => {
  test('gives an item without credentials at the URL that the service names', async () => {
    const { service } = await start();
    const response = await fetch(service.itemUrl('12345'));
    expect([response.status, await response.text()]).toEqual([200, VALUE]);
  });

  test.each(['127.0.0.1', 'localhost:8080', '[::1]:80', 'LOCALHOST'])('answers to the Host %s', async (host) => {
    const { origin } = await start();
    expect((await get(origin, '/items/12345', { host })).status).toBe(200);
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'evil@localhost', '127.0.0.1:1:2'])(
    'does not answer to the Host %s',
    async (host) => {
      const { origin } = await start();
      const received = await get(origin, '/items/12345', { host });
      expect(received.status).toBe(403);
      expect(received.body).not.toContain('token');
    },
  );

  test('says when a name lies in several groups', async () => {
    const { service, origin } = await start();
    await service.edgeKv.put('production', 'edgehouse', 'others', '12345', VALUE);
    expect((await get(origin, '/items/12345')).status).toBe(409);
  });
});

describe('a write', () => {
  const { edgeKv } = createEdgeKvService({ accessToken: TOKEN, network: 'production' });

  test.each([
    ['-ns', 'g', 'i'],
    ['', 'g', 'i'],
    ['n'.repeat(33), 'g', 'i'],
    ['ns', 'g'.repeat(129), 'i'],
    ['ns', 'g/h', 'i'],
    ['ns', 'g', 'i'.repeat(513)],
    ['ns', 'g', 'i\n'],
  ])('to %s/%s/%s is refused', async (namespace, group, item) => {
    await expect(edgeKv.put('staging', namespace, group, item, VALUE)).rejects.toThrow(EdgeKvWriteError);
  });

  test('of up to 10 KB is taken, and one byte more refused without naming the value', async () => {
    await edgeKv.put('staging', 'ns', 'g', 'i', 'é'.repeat(5120));
    const refused = edgeKv.put('staging', 'ns', 'g', 'i', `${'é'.repeat(5120)}x`);
    await expect(refused).rejects.toMatchObject({
      code: 'EDGEKV_WRITE_REFUSED',
      message: expect.not.stringContaining('é'),
    });
  });
});

describe('the service', () => {
  test('has no item URL before it listens, and takes no empty token', () => {
    const service = createEdgeKvService({ accessToken: TOKEN, network: 'production' });
    expect(() => service.itemUrl('12345')).toThrow(EdgeKvNotListeningError);
    expect(() => createEdgeKvService({ accessToken: '', network: 'production' })).toThrow(EdgeKvTokenError);
  });

  test('gives its item to nobody without the token, whatever is asked', async () => {
    const { origin } = await start();
    const path = fc.oneof(
      fc.constant(ITEM_PATH),
      fc.webPath(),
      fc.stringMatching(/^[!-~]{0,20}$/).map((text) => `${ITEM_PATH.slice(0, -5)}${text}`),
      fc.stringMatching(/^[!-~]{0,10}$/).map((text) => `/items/${text}`),
    );
    await fc.assert(
      fc.asyncProperty(
        path.map((text) => (text.startsWith('/') ? text : `/${text}`)),
        fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'),
        fc.stringMatching(/^[ -~]{0,20}$/),
        async (asked, method, token) => {
          const headers = { host: 'evil.example', 'x-akamai-edgedb-auth': token };
          const received = await get(origin, asked, headers, method);
          expect([401, 403, 404, 405]).toContain(received.status);
          expect(received.body).not.toContain('"token"');
        },
      ),
      { numRuns: 300 },
    );
  });
});
