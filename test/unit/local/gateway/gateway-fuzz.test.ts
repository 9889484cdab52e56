import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createGateway } from '../../../../local/gateway/gateway.ts';
import { sendBytes, sendRequest } from './send-request.ts';

const STATUSES = [200, 400, 401, 403, 404, 413, 431, 500];
const authorizer = {
  identitySources: ['$request.header.authorization'],
  ttlSeconds: 1,
  authorize: async ({ identitySource }: { identitySource: string[] }) => {
    if (identitySource[0]?.startsWith('!')) throw new Error('undecided');
    return { isAuthorized: (identitySource[0]?.length ?? 0) % 2 === 0 };
  },
};
const gateway = createGateway({
  now: Date.now,
  routes: [
    { method: 'POST', path: '/v1/streams/{stream}/batches', authorizer, integration: async (event) => event },
    { method: 'ANY', path: '/open/{rest+}', integration: async (event) => event },
  ],
});
let origin = '';

beforeAll(async () => {
  origin = await gateway.listen(0);
});
afterAll(() => gateway.close());

describe('whatever is sent', () => {
  test('in HTTP is answered with a documented status and a request id', async () => {
    const segment = fc.stringMatching(/^[!-~]{0,12}$/).map((text) => text.replaceAll(/[#?]/g, ''));
    const path = fc.oneof(
      segment.map((text) => `/v1/streams/${text}/batches`),
      fc.array(segment, { maxLength: 4 }).map((texts) => `/open/${texts.join('/')}`),
      fc.webPath(),
      fc
        .string({ unit: fc.constantFrom('/', '%', '2', 'f', '?', '&', '=', '#', '.', '{', '}'), maxLength: 20 })
        .map((text) => `/${text}`),
    );
    const header = fc.tuple(
      fc.constantFrom('authorization', 'content-type', 'cookie', 'expect', 'x-long', '__proto__', 'x-forwarded-for'),
      fc.oneof(
        fc.stringMatching(/^[ -~]{0,40}$/),
        fc.constant('v'.repeat(9000)),
        fc.stringMatching(/^[\x80-\xff]{0,9}$/),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'),
        path,
        fc.array(header, { maxLength: 4 }),
        fc.uint8Array({ maxLength: 200 }),
        async (method, target, headers, body) => {
          const received = await sendRequest(origin, { method, path: target, headers: headers.flat(), body });
          expect(STATUSES).toContain(received.status);
          expect(received.headers['apigw-requestid']).toBeTruthy();
          if (received.status !== 200) expect(Object.keys(JSON.parse(received.body))).toEqual(['message']);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('as bytes is answered with a documented status or not at all, and the gateway still stands', async () => {
    const piece = fc.constantFrom(
      'GET ',
      'POST ',
      '/',
      '/open/a',
      ' HTTP/1.1',
      ' HTTP/1.0',
      '\r\n',
      '\n',
      '\0',
      ':',
      'host: h',
      'x',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const text = await sendBytes(origin, `${pieces.join('')}\r\n\r\n\r\n\u0000`).catch(() => '');
        for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d+) /g)) expect(STATUSES).toContain(Number(status));
      }),
      { numRuns: 150 },
    );
    expect((await sendRequest(origin, { path: '/open/still' })).status).toBe(200);
  });
});
