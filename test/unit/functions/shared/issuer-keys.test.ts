import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatIssuerKeys,
  ISSUER_KEY_NAMES,
  ISSUER_KEY_PHASES,
  type IssuerKeys,
  IssuerKeysInvalidError,
  parseIssuerKeys,
  publishedKeys,
} from '../../../../functions/shared/issuer-keys.ts';

const issuerKeys: fc.Arbitrary<IssuerKeys> = fc.record({
  active: fc.constantFrom(...ISSUER_KEY_NAMES),
  roll: fc.option(fc.record({ phase: fc.constantFrom(...ISSUER_KEY_PHASES), since: fc.nat() }), { nil: undefined }),
});

describe('the note which of the issuer’s keys signs', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(issuerKeys, (keys) => {
        expect(parseIssuerKeys(formatIssuerKeys(keys))).toEqual(keys);
      }),
    );
  });

  test('that an operator writes by hand needs no more than the key that signs', () => {
    expect(parseIssuerKeys('{"active":"b","note":"since the audit"}')).toEqual({ active: 'b', roll: undefined });
  });

  test.each([
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no key', '{}'],
    ['an unknown key', '{"active":"c"}'],
    ['a key that is inherited', '{"__proto__":{"active":"a"}}'],
    ['a roll that is text', '{"active":"a","roll":"published"}'],
    ['a roll that is null', '{"active":"a","roll":null}'],
    ['an unknown phase', '{"active":"a","roll":{"phase":"done","since":1}}'],
    ['a time that is none', '{"active":"a","roll":{"phase":"signing","since":-1}}'],
    ['half a second', '{"active":"a","roll":{"phase":"signing","since":1.5}}'],
  ])('with %s is refused: nobody guesses which key signs', (_what, text) => {
    expect(() => parseIssuerKeys(text)).toThrow(expect.objectContaining({ code: 'ISSUER_KEYS_INVALID' }));
  });

  test('of whatever text is read whole or refused with its own error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(ISSUER_KEY_NAMES).toContain(parseIssuerKeys(text).active);
        } catch (error) {
          expect(error).toBeInstanceOf(IssuerKeysInvalidError);
        }
      }),
    );
  });
});

describe('the keys that are published', () => {
  test('are never none, begin with the one that signs, and are both during a roll', () => {
    fc.assert(
      fc.property(issuerKeys, (keys) => {
        const published = publishedKeys(keys);
        expect(published[0]).toBe(keys.active);
        expect([...published].sort()).toEqual(keys.roll === undefined ? [keys.active] : ['a', 'b']);
      }),
    );
  });
});
