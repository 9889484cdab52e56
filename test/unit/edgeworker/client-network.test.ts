import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clientNetwork } from '../../../edgeworker/src/client-network.ts';

describe('the network of a visitor', () => {
  test.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:7:1:2:3:4:5', '2001:db8:7::/48'],
    ['2001:DB8::1', '2001:db8::/48'],
    ['2001:db8:10::', '2001:db8:10::/48'],
    ['2001:0:0:1::1', '2001::/48'],
    ['::1', '::/48'],
    ['0:0:1::1', '0:0:1::/48'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['::ffff:cb00:714d', '203.0.113.0/24'],
  ])('of %s is %s', (address, expected) => {
    const network = clientNetwork(address);

    expect(network).toBe(expected);
  });

  test.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1::2::3',
    '1:2:3:4::5:6:7:8',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '1.2.3.4:80',
    ':::',
  ])('of %p is unknown', (address) => {
    const network = clientNetwork(address);

    expect(network).toBeUndefined();
  });

  test('holds the address it came from, as another implementation sees it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const [network = '', prefix] = clientNetwork(address)?.split('/') ?? [];
        const family = isIP(network) === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(network, Number(prefix), family);

        expect(prefix).toBe(family === 'ipv4' ? '24' : '48');
        expect(list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('is known for exactly what is an address', () => {
    const alike = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
    fc.assert(
      fc.property(fc.oneof(alike, fc.ipV6(), fc.ipV4Extended(), fc.string()), (text) => {
        const network = clientNetwork(text);

        expect(network !== undefined).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 2_000 },
    );
  });
});
