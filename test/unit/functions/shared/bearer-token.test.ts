import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bearerToken } from '../../../../functions/shared/bearer-token.ts';

describe('bearer token', () => {
  test.each(['Bearer a.b-c_d~e+f/g==', 'bearer  a.b-c_d~e+f/g==', ' BEARER a.b-c_d~e+f/g== '])(
    'is read from %j',
    (header) => {
      expect(bearerToken(header)).toBe('a.b-c_d~e+f/g==');
    },
  );

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic abc',
    'Bearerabc',
    'Bearer a b',
    'Bearer a,b',
    'Bearer a=b',
    'Bearer a, Bearer b',
    'Bearer\tabc',
    'Bearer é',
    '\xa0Bearer abc',
    'Bearer abc\xa0',
  ])('is not found in %j', (header) => {
    expect(bearerToken(header)).toBeUndefined();
  });

  test('is what was sent, byte for byte, and headers of any content never throw', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w\-.~+/]{1,80}={0,2}$/), fc.string({ unit: 'binary' }), (token, any) => {
        expect(bearerToken(`Bearer ${token}`)).toBe(token);
        expect(() => bearerToken(any)).not.toThrow();
      }),
    );
  });
});
