import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ADDRESS_TYPES } from '../../../../functions/ingest/column-types/address-types.ts';
import { RowBinaryWriter } from '../../../../functions/ingest/row-binary-writer.ts';

const RUNS = { numRuns: 20_000 };
/** Texts that are addresses, and those that are nearly. */
const nearly = fc
  .tuple(fc.oneof(fc.ipV6(), fc.ipV4()), fc.nat(45), fc.nat(3), fc.stringMatching(/^[0-9a-fA-F:.%x]{0,3}$/))
  .map(([address, at, without, put]) => address.slice(0, at) + put + address.slice(at + without));
const colons = fc.array(fc.constantFrom(':', '::', '0', '1', 'ffff', '12345', '1.2.3.4', '.', '255', '256', '00'), {
  maxLength: 12,
});
const texts = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  nearly,
  colons.map((parts) => parts.join('')),
);

describe('an address', () => {
  test('is one of IPv4 where Node takes it for one', () => {
    fc.assert(
      fc.property(texts, (text) => expect(hexOf('IPv4', text) !== undefined).toBe(isIPv4(text))),
      RUNS,
    );
  });

  test('is one of IPv6 where Node takes it for one, without a zone', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const isOne = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
        expect(hexOf('IPv6', text) !== undefined).toBe(isOne);
      }),
      RUNS,
    );
  });

  test('is the same however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        // The WHATWG URL standard writes each address in one way.
        const { hostname } = new URL(`http://[${text}]/`);
        expect(hexOf('IPv6', text)).toBe(hexOf('IPv6', hostname.slice(1, -1)));
      }),
      RUNS,
    );
  });

  test.each([
    ['IPv4', '192.0.2.1', '010200c0'],
    ['IPv6', '192.0.2.1', '00000000000000000000ffffc0000201'],
    ['IPv6', '::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['IPv6', '2001:db8::a:1', '20010db80000000000000000000a0001'],
    ['IPv6', '::', '00000000000000000000000000000000'],
    ['IPv6', '1::', '00010000000000000000000000000000'],
    ['IPv6', '1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ])('as %s, %s is %s', (type, text, hex) => {
    expect(hexOf(type, text)).toBe(hex);
  });
});

function hexOf(type: string, text: string): string | undefined {
  const out = new RowBinaryWriter(16);
  return ADDRESS_TYPES.get(type)?.encode(text, out) === undefined ? out.written().toString('hex') : undefined;
}
