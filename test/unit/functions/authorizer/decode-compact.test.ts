import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCompact } from '../../../../functions/authorizer/decode-compact.ts';
import { TokenRefusedError } from '../../../../functions/authorizer/token-refused-error.ts';

const header = fc.dictionary(
  fc.string().filter((name) => name !== '__proto__'),
  fc.jsonValue({ maxDepth: 1 }),
);
const bytes = fc.uint8Array().map((array) => Buffer.from(array));
const signature = fc.uint8Array({ minLength: 1 }).map((array) => Buffer.from(array));

function compactOf(head: object, payload: Buffer, mac: Buffer): string {
  return [Buffer.from(JSON.stringify(head)), payload, mac].map((part) => part.toString('base64url')).join('.');
}

function outcome(compact: string) {
  try {
    const { header: head, payload } = decodeCompact(compact);
    return { header: head, payload };
  } catch (error) {
    if (error instanceof TokenRefusedError) return error.code;
    throw error;
  }
}

describe('a compact JWS', () => {
  test('comes apart into what was put together', () => {
    const noProto = header.filter((head) => !JSON.stringify(head).includes('__proto__'));
    fc.assert(
      fc.property(noProto, bytes, signature, (head, payload, mac) => {
        expect(outcome(compactOf(head, payload, mac))).toEqual({ header: JSON.parse(JSON.stringify(head)), payload });
      }),
    );
  });

  test('has one spelling: with any character added, taken away or changed it is another one, or none', () => {
    fc.assert(
      fc.property(
        bytes,
        signature,
        fc.nat(),
        fc.string({ unit: 'binary', maxLength: 1 }),
        fc.nat(1),
        (payload, mac, place, text, cut) => {
          const compact = compactOf({ alg: 'RS256' }, payload, mac);
          const at = place % compact.length;
          const changed = compact.slice(0, at) + text + compact.slice(at + cut);
          const again = outcome(changed);
          if (typeof again === 'string') return expect(again).toBe('TOKEN_MALFORMED');
          // Taken: then putting it together again gives this very text, so no two texts are one token.
          const [head = '', , end = ''] = changed.split('.');
          const parts = [Buffer.from(head, 'base64url'), again.payload, Buffer.from(end, 'base64url')];
          expect(parts.map((part) => part.toString('base64url')).join('.')).toBe(changed);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of any text is taken apart or refused, never another failure', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(outcome(text)).toBe('TOKEN_MALFORMED');
      }),
    );
  });
});
