import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fetchKeySet } from '../../../../functions/authorizer/fetch-key-set.ts';
import { verifyCompactSignature } from '../../../../functions/authorizer/verify-signature.ts';
import { closeServer, listen } from '../../../../local/listen.ts';
import { CLAIMS, HEADER, rsaKey, signRs256 } from './sign-token.ts';

const PLACE = 'https://issuer.example/jwks.json';
const RSA = { kty: 'RSA', kid: 'a', n: 'AQAB', e: 'AQAB' };

function read(body: ConstructorParameters<typeof Response>[0], status = 200) {
  return fetchKeySet(async () => new Response(body, { status }), PLACE);
}

describe('a key set', () => {
  test('is read with the keys that can verify, and without the rest', async () => {
    const keys = [
      RSA,
      { kty: 'EC', kid: 'b' },
      { kty: 'OKP', kid: 'c' },
      { kty: 'oct', k: 'c2VjcmV0' },
      { kty: 'AKP' },
    ];

    const read = await fetchKeySet(async () => Response.json({ keys }), PLACE);

    expect(read.keys.map(({ kty }) => kty)).toEqual(['RSA', 'EC', 'OKP']);
  });

  test('has keys that verify, also where they are published as good for more', async () => {
    const { privateKey, jwk } = rsaKey('a');
    const keys = [{ ...jwk, key_ops: ['sign', 'verify', 'wrapKey'] }];
    const token = signRs256(HEADER, CLAIMS, privateKey);

    const read = await fetchKeySet(async () => Response.json({ keys }), PLACE);

    await expect(verifyCompactSignature(token, read, ['RS256'])).resolves.toBeInstanceOf(Uint8Array);
  });

  test('has no key that verifies where it is published for something else', async () => {
    const { privateKey, jwk } = rsaKey('a');
    const token = signRs256(HEADER, CLAIMS, privateKey);

    const read = await fetchKeySet(async () => Response.json({ keys: [{ ...jwk, key_ops: ['sign'] }] }), PLACE);

    await expect(verifyCompactSignature(token, read, ['RS256'])).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });

  test('may be empty: then the issuer has withdrawn every key', async () => {
    expect(await read('{"keys":[]}')).toEqual({ keys: [] });
  });

  test.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['no keys', '{}'],
    ['an object for keys', '{"keys":{}}'],
    ['a number for a key', '{"keys":[1]}'],
    ['a key without a type', '{"keys":[{}]}'],
    ['a number for a kid', '{"keys":[{"kty":"RSA","kid":1}]}'],
    ['keys twice', '{"keys":[],"keys":[{"kty":"RSA"}]}'],
    ['a kid twice', '{"keys":[{"kty":"RSA","kid":"a","kid":"b"}]}'],
    ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['101 keys', JSON.stringify({ keys: Array.from({ length: 101 }, () => RSA) })],
    ['64 KB and more', `{"keys":[],"x":"${'x'.repeat(65_536)}"}`],
  ])('is not: %s', async (_what, body) => {
    await expect(read(body)).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
  });

  test.each([204, 304, 404, 500])('is not what comes with status %d', async (status) => {
    const body = [204, 304].includes(status) ? null : '{"keys":[]}';
    const answer = fetchKeySet(async () => new Response(body, { status }), PLACE);

    await expect(answer).rejects.toThrow(`status ${status}`);
  });

  test('that never ends is left after 64 KB', async () => {
    let pulled = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 8_192;
        controller.enqueue(Buffer.alloc(8_192, ' '));
      },
      cancel() {
        cancelled = true;
      },
    });

    await expect(fetchKeySet(async () => new Response(body), PLACE)).rejects.toThrow(
      'more than 65536 bytes, or not UTF-8',
    );

    expect(pulled).toBeLessThan(100_000);
    expect(cancelled).toBe(true);
  });

  test.each(['http://issuer.example/jwks.json', 'http://10.0.0.1/', 'http://127.0.0.1.example/', 'ftp://127.0.0.1/'])(
    'is not asked for at %s',
    async (url) => {
      let asked = false;
      const answer = fetchKeySet(async () => {
        asked = true;
        return Response.json({ keys: [] });
      }, url);

      await expect(answer).rejects.toThrow('it is not https');
      expect(asked).toBe(false);
    },
  );

  test('is not looked for elsewhere: a redirect is no answer', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/jwks.json') response.writeHead(302, { location: '/other.json' }).end();
      else response.end('{"keys":[]}');
    });
    const origin = await listen(server, 0);
    try {
      await expect(fetchKeySet(fetch, `${origin}/jwks.json`)).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
      expect(asked).toEqual(['/jwks.json']);
    } finally {
      server.closeAllConnections();
      await closeServer(server);
    }
  });

  test('of any bytes is a key set or a fault of the issuer, never another failure', async () => {
    const json = fc.json().map((text) => Buffer.from(text));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), json), async (bytes) => {
        const answer = await read(new Uint8Array(bytes)).catch((error: unknown) => error);
        const known = answer instanceof Error ? 'code' in answer && answer.code : 'keys' in Object(answer);
        expect([true, 'KEY_SET_UNAVAILABLE']).toContain(known);
      }),
    );
  });
});
