import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CredentialCache, dropCredentials, lookUpCredentials } from '../../../edgeworker/src/credential-cache.ts';
import { parseCredentials } from '../../../edgeworker/src/credentials.ts';
import type { ItemRead } from '../../../edgeworker/src/read-item.ts';
import { ITEM, NOW_SECONDS } from './fake-edge.ts';

const { v: _, ...CREDENTIALS } = ITEM;

describe('an EdgeKV item', () => {
  test('gives the credentials, whatever members were added to it', () => {
    const verdict = parseCredentials(JSON.stringify({ ...ITEM, later: { a: 1 } }), NOW_SECONDS);

    expect(verdict).toEqual({ kind: 'usable', credentials: CREDENTIALS });
  });

  test.each([
    ['another version', { v: 2 }, 'version unknown'],
    ['no version', { v: undefined }, 'version unknown'],
    ['no token', { token: undefined }, 'malformed'],
    ['a token that would break a header', { token: 'aa.bb.cc\r\nx: y' }, 'malformed'],
    ['a key of 31 bytes', { key: Buffer.alloc(31).toString('base64url') }, 'malformed'],
    ['a key id with a quote', { keyId: '3."' }, 'malformed'],
    ['a time with a fraction', { exp: NOW_SECONDS + 1.5 }, 'malformed'],
    ['a time as text', { notBefore: '1763884740' }, 'malformed'],
    ['a token that ends this second', { exp: NOW_SECONDS }, 'expired'],
    ['a token that begins in 31 s', { notBefore: NOW_SECONDS + 31 }, 'not yet valid'],
    ['over 10 KB', { padding: 'x'.repeat(10_240) }, 'malformed'],
  ])('with %s is refused', (_name, change, reason) => {
    const verdict = parseCredentials(JSON.stringify({ ...ITEM, ...change }), NOW_SECONDS);

    expect(verdict).toEqual({ kind: 'refused', reason });
  });

  test('is taken up to 30 s early, and until the second before it expires', () => {
    const early = parseCredentials(JSON.stringify({ ...ITEM, notBefore: NOW_SECONDS + 30 }), NOW_SECONDS);
    const late = parseCredentials(JSON.stringify({ ...ITEM, exp: NOW_SECONDS + 1 }), NOW_SECONDS);

    expect([early.kind, late.kind]).toEqual(['usable', 'usable']);
  });

  test('of any content never throws, and passes only with every member in shape', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(ITEM)));
    const item = fc.record({ v: member, token: member, key: member, keyId: member, notBefore: member, exp: member });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          item.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const verdict = parseCredentials(text, NOW_SECONDS);

          if (verdict.kind === 'refused') return;
          expect(verdict.credentials.token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
          expect(Buffer.from(verdict.credentials.key, 'base64url')).toHaveLength(32);
          expect(verdict.credentials.exp).toBeGreaterThan(NOW_SECONDS);
        },
      ),
    );
  });
});

describe('held credentials', () => {
  test('serve for a minute without another read', async () => {
    const { cache, reads, read } = reader(found(ITEM));

    await lookUpCredentials(cache, read, NOW_SECONDS);
    const again = await lookUpCredentials(cache, read, NOW_SECONDS + 60);

    expect(again).toEqual({ kind: 'usable', credentials: CREDENTIALS });
    expect(reads()).toBe(1);
  });

  test('are read again after that minute, so that a renewed token comes into use', async () => {
    const renewed = { ...ITEM, token: 'dd.ee.ff' };
    const { cache, reads, read } = reader(found(ITEM), found(renewed));

    await lookUpCredentials(cache, read, NOW_SECONDS);
    const later = await lookUpCredentials(cache, read, NOW_SECONDS + 61);

    expect(later).toMatchObject({ kind: 'usable', credentials: { token: 'dd.ee.ff' } });
    expect(reads()).toBe(2);
  });

  test('are read again when less than a minute of life is left', async () => {
    const { cache, reads, read } = reader(found({ ...ITEM, exp: NOW_SECONDS + 70 }));

    await lookUpCredentials(cache, read, NOW_SECONDS);
    await lookUpCredentials(cache, read, NOW_SECONDS + 11);

    expect(reads()).toBe(2);
  });

  test.each([
    ['fails', { kind: 'failed', reason: 'EdgeKV answered 500' } as const],
    ['finds an older item that has expired', found({ ...ITEM, exp: NOW_SECONDS })],
  ])('still serve where the next read %s', async (_name, second) => {
    const { cache, read } = reader(found(ITEM), second);

    await lookUpCredentials(cache, read, NOW_SECONDS);
    const later = await lookUpCredentials(cache, read, NOW_SECONDS + 3_599);

    expect(later).toEqual({ kind: 'usable', credentials: CREDENTIALS });
  });

  test('do not serve beyond their life, and the reason of the failed read is told', async () => {
    const { cache, read } = reader(found(ITEM), { kind: 'failed', reason: 'EdgeKV answered 500' });

    await lookUpCredentials(cache, read, NOW_SECONDS);
    const later = await lookUpCredentials(cache, read, NOW_SECONDS + 3_600);

    expect(later).toEqual({ kind: 'none', reason: 'EdgeKV answered 500' });
  });

  test('are read again once they were refused, but newer ones stay', async () => {
    const { cache, reads, read } = reader(found(ITEM));

    await lookUpCredentials(cache, read, NOW_SECONDS);
    dropCredentials(cache, { ...CREDENTIALS, token: 'older.one.x' }, NOW_SECONDS);
    await lookUpCredentials(cache, read, NOW_SECONDS);
    const before = reads();
    dropCredentials(cache, CREDENTIALS, NOW_SECONDS);
    await lookUpCredentials(cache, read, NOW_SECONDS);

    expect([before, reads()]).toEqual([1, 2]);
  });
});

describe('a token that was refused', () => {
  const NEWER = { ...ITEM, token: 'dd.ee.ff' };

  test('is not used again for a minute, and then once more', async () => {
    const { cache, read } = reader(found(ITEM));
    dropCredentials(cache, CREDENTIALS, NOW_SECONDS);

    const within = await lookUpCredentials(cache, read, NOW_SECONDS + 59);
    const after = await lookUpCredentials(cache, read, NOW_SECONDS + 60);

    expect(within).toEqual({ kind: 'refused' });
    expect(after).toMatchObject({ kind: 'usable', credentials: CREDENTIALS });
  });

  test('gives way to a new one at once, and does not come back where EdgeKV shows the old one after it', async () => {
    const short = { ...NEWER, exp: NOW_SECONDS + 50 };
    const { cache, reads, read } = reader(found(short), found(ITEM));
    dropCredentials(cache, CREDENTIALS, NOW_SECONDS);

    const renewed = await lookUpCredentials(cache, read, NOW_SECONDS + 1);
    // Less than a minute of life is left, so it is looked for a newer one.
    const stale = await lookUpCredentials(cache, read, NOW_SECONDS + 2);

    for (const lookup of [renewed, stale])
      expect(lookup).toMatchObject({ kind: 'usable', credentials: { token: 'dd.ee.ff' } });
    expect(reads()).toBe(2);
  });

  test('is not used by a request that held it while another one heard of the refusal', async () => {
    const { cache } = reader();
    const short = { ...ITEM, exp: NOW_SECONDS + 50 };
    await lookUpCredentials(cache, async () => found(short), NOW_SECONDS);

    const lookup = await lookUpCredentials(
      cache,
      async () => {
        dropCredentials(cache, CREDENTIALS, NOW_SECONDS);
        return { kind: 'failed', reason: 'EdgeKV answered 500' };
      },
      NOW_SECONDS,
    );

    expect(lookup).toEqual({ kind: 'none', reason: 'EdgeKV answered 500' });
  });
});

function found(item: object): ItemRead {
  return { kind: 'found', text: JSON.stringify(item) };
}

/** An empty cache, and a reader that gives these answers in turn, the last one for ever. */
function reader(...answers: readonly ItemRead[]) {
  const cache: CredentialCache = {};
  let reads = 0;
  const read = async (): Promise<ItemRead> => {
    const answer = answers[Math.min(reads, answers.length - 1)];
    reads += 1;
    return answer ?? { kind: 'failed', reason: 'no answer' };
  };
  return { cache, read, reads: () => reads };
}
