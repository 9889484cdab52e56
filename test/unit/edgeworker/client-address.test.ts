import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clientAddress } from '../../../edgeworker/src/client-address.ts';
import type { VisitorRequest } from '../../../edgeworker/src/platform.ts';
import { answerOf, fakeEdge, headersOf } from './fake-edge.ts';

const KEY = 'a key of the property, 32 or more';
const HASHED = { hashWith: 'PMUSER_CLIENT_IP_KEY' } as const;

function from(clientIp: string | null | undefined, key?: string | null): VisitorRequest {
  const getVariable = (name: string) => (name === HASHED.hashWith ? key : 'another variable of 32 characters.');
  return { ...headersOf({}), clientIp, getVariable };
}

function edge() {
  return fakeEdge(() => answerOf(500, ''));
}

describe('the address of a client', () => {
  test('is its network, unless the config says otherwise', async () => {
    const shown = await clientAddress(from('203.0.113.77', KEY), 'truncated', edge().platform);

    expect(shown).toBe('203.0.113.0/24');
  });

  test('is whole where the config says full, in one form', async () => {
    const { platform } = edge();

    const shown = [];
    for (const ip of ['203.0.113.77', '::ffff:203.0.113.77', '2001:DB8:7::1']) {
      shown.push(await clientAddress(from(ip), 'full', platform));
    }

    expect(shown).toEqual(['203.0.113.77', '203.0.113.77', '2001:db8:7:0:0:0:0:1']);
  });

  test('is the beginning of an HMAC where a key is named: the same for the same address, however it is written', async () => {
    const { platform } = edge();
    const expected = createHmac('sha256', KEY).update('edgehouse client ip v1\n2001:db8:7:0:0:0:0:1').digest('hex');

    const shown = [];
    for (const ip of ['2001:db8:7::1', '2001:0DB8:0007:0:0::1']) {
      shown.push(await clientAddress(from(ip, KEY), HASHED, platform));
    }

    expect(shown).toEqual([expected.slice(0, 32), expected.slice(0, 32)]);
  });

  test('is hashed with a key that is imported once, until it is another', async () => {
    const { platform } = edge();
    const { subtle } = platform.crypto;
    const imported: string[] = [];
    const importKey: typeof subtle.importKey = (format, key, ...rest) => {
      imported.push(new TextDecoder().decode(key));
      return subtle.importKey(format, key, ...rest);
    };
    const counting = {
      ...platform,
      crypto: {
        ...platform.crypto,
        subtle: { digest: subtle.digest.bind(subtle), sign: subtle.sign.bind(subtle), importKey },
      },
    };
    const keys = {};

    const shown: unknown[] = [];
    for (const key of [KEY, KEY, `${KEY}.`]) {
      shown.push(await clientAddress(from('203.0.113.77', key), HASHED, counting, keys));
    }

    expect(imported).toEqual([KEY, `${KEY}.`]);
    expect(shown[1]).toBe(shown[0]);
    expect(shown[2]).toBe(await clientAddress(from('203.0.113.77', `${KEY}.`), HASHED, platform));
  });

  test('differs in its hash for each address and each key', async () => {
    const { platform } = edge();
    const asked = [
      from('203.0.113.77', KEY),
      from('203.0.113.78', KEY),
      from('203.0.113.77', `${KEY}.`),
      from('2001:db8::cb00:714d', KEY),
    ];

    const shown = await Promise.all(asked.map((request) => clientAddress(request, HASHED, platform)));

    expect(new Set(shown).size).toBe(4);
  });

  test.each([undefined, null, '', 'too short a key'])(
    'is left out, and nothing else stands for it, where the key is %p; the log says so without the key',
    async (key) => {
      const { platform, warnings } = edge();

      const shown = await clientAddress(from('203.0.113.77', key), HASHED, platform);

      expect(shown).toBeUndefined();
      expect(warnings).toEqual(['client.ip is left out: PMUSER_CLIENT_IP_KEY has no 32 characters']);
    },
  );

  test('is never seen in what is shown, unless the config says full', async () => {
    const ips = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom(null, undefined));
    await fc.assert(
      fc.asyncProperty(ips, fc.constantFrom('truncated' as const, HASHED), async (clientIp, rule) => {
        const shown = await clientAddress(from(clientIp, KEY), rule, edge().platform);

        expect(shown ?? '').toMatch(/^(|[0-9a-f]{32}|[0-9.]+\.0\/24|[0-9a-f:]*::\/48)$/);
      }),
    );
  });
});
