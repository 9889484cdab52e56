import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headBytes, parseRequest, type WireRequest } from '../../../../local/gateway/parse-request.ts';

function wire(changes: Partial<WireRequest>): WireRequest {
  return {
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    rawHeaders: ['Host', '127.0.0.1'],
    remoteAddress: '127.0.0.1',
    body: new Uint8Array(),
    ...changes,
  };
}

describe('a request', () => {
  test('has lower-case header names, and a name sent twice is joined by a comma without a space', () => {
    const rawHeaders = ['Host', 'h', 'Edge-Source', 'ew/1', 'X', 'y', 'EDGE-source', 'ew/2'];
    expect(parseRequest(wire({ rawHeaders }))?.headers).toEqual({
      host: 'h',
      'edge-source': 'ew/1,ew/2',
      x: 'y',
      'content-length': '0',
    });
  });

  test('has its cookies in a list and no cookie header', () => {
    const parsed = parseRequest(wire({ rawHeaders: ['Host', 'h', 'Cookie', 'a=1; b=2', 'cookie', 'c=3'] }));
    expect(parsed?.cookies).toEqual(['a=1', 'b=2', 'c=3']);
    expect(parsed?.headers).not.toHaveProperty('cookie');
  });

  test('keeps no header of the connection, and states its length even when it was sent in chunks', () => {
    const rawHeaders = ['Host', 'h', 'Connection', 'keep-alive', 'Transfer-Encoding', 'chunked'];
    const parsed = parseRequest(wire({ rawHeaders, body: Buffer.from('12345') }));
    expect(parsed?.headers).toEqual({ host: 'h', 'content-length': '5' });
  });

  test.each([
    ['/a%20b/%C3%A9', '/a b/é', '', {}],
    ['/p?x=1&x=2&y=%2B%20+', '/p', 'x=1&x=2&y=%2B%20+', { x: '1,2', y: '+  ' }],
    ['/p?', '/p', '', {}],
    ['http://elsewhere:80/p?q=1', '/p', 'q=1', { q: '1' }],
    ['/p#fragment', '/p', '', {}],
  ])('%s has a decoded path and a raw query string', (target, path, rawQueryString, query) => {
    expect(parseRequest(wire({ target }))).toMatchObject({ path, rawQueryString, query });
  });

  test.each(['*', 'host:443', '/%', '/%zz', '/%ff', 'http://only.host'])('%s is refused', (target) => {
    expect(parseRequest(wire({ target }))).toBeUndefined();
  });

  test.each([[[]], [['Host', '']], [['Host', 'a', 'Host', 'b']]])(
    'with the Host headers %j is refused',
    (rawHeaders) => {
      expect(parseRequest(wire({ rawHeaders }))).toBeUndefined();
    },
  );

  test('weighs what its head weighed on the wire', () => {
    const head = 'GET /a HTTP/1.1\r\nHost: h\r\nX-Y: zz\r\n';
    expect(headBytes(wire({ target: '/a', rawHeaders: ['Host', 'h', 'X-Y', 'zz'] }))).toBe(head.length);
  });

  test('of any target and headers is parsed or refused, and loses no header value', () => {
    const pair = fc.tuple(fc.constantFrom('a', 'B', '__proto__', 'constructor', 'A'), fc.string());
    fc.assert(
      fc.property(fc.string(), fc.array(pair), (target, pairs) => {
        const parsed = parseRequest(wire({ target: `/${target}`, rawHeaders: ['Host', 'h', ...pairs.flat()] }));
        if (parsed === undefined) return;
        for (const name of new Set(pairs.map(([key]) => key.toLowerCase()))) {
          const values = pairs.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
          expect(Object.getOwnPropertyDescriptor(parsed.headers, name)?.value).toBe(values.join(','));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
