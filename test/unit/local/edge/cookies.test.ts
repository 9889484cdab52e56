import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { insideCookies } from '../../../../local/edge/inside/cookies.ts';

const { Cookies, SetCookie } = insideCookies();
/** RFC 6265 §4.1.1: a token. */
const NAME = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const VALUE = fc.string({ unit: 'grapheme', maxLength: 20 });

describe('cookies', () => {
  test('that are written read the same again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(NAME, VALUE), { maxLength: 8 }), (pairs) => {
        const cookies = new Cookies();
        for (const [name, value] of pairs) cookies.add(name, value);

        const read = new Cookies(cookies.toHeader());

        expect(read.names()).toEqual([...new Set(pairs.map(([name]) => name))]);
        for (const [name] of pairs) expect(read.getAll(name)).toEqual(cookies.getAll(name));
      }),
    );
  });

  test('are read from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const cookies = new Cookies(text);

        for (const name of cookies.names()) expect(typeof cookies.get(name)).toBe('string');
      }),
    );
  });

  test('of an answer begin with name and value', () => {
    fc.assert(
      fc.property(NAME, VALUE, (name, value) => {
        expect(new SetCookie({ name, value }).toHeader()).toBe(`${name}=${encodeURIComponent(value)}`);
      }),
    );
  });
});
