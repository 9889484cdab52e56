import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeaderList } from '../../../../local/edge/header-list.ts';
import { readDevice, readLocation, readVisitor } from '../../../../local/edge/read-visitor.ts';

describe('readVisitor', () => {
  test('knows nothing but the address of a visitor that tells nothing', () => {
    expect(readVisitor(new HeaderList([]), '::ffff:127.0.0.1')).toEqual({
      clientIp: '127.0.0.1',
      userLocation: undefined,
      device: undefined,
    });
  });

  test.each([
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148', { isMobile: true, isTablet: false }],
    ['Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130 Mobile Safari/537.36', { isMobile: true, isTablet: false }],
    ['Mozilla/5.0 (Linux; Android 15; SM-X900) Chrome/130 Safari/537.36', { isMobile: true, isTablet: true }],
    ['Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X)', { isMobile: true, isTablet: true }],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130', { isMobile: false, isTablet: false }],
  ])('tells the device of %s', (userAgent, device) => {
    expect(readDevice(userAgent)).toMatchObject(device);
  });

  test('reads every text as a location, and only the members that Akamai has', () => {
    const members = [
      'latitude',
      'longitude',
      'continent',
      'country',
      'region',
      'city',
      'zipCode',
      'dma',
      'timezone',
      'networkType',
      'bandwidth',
      'areaCodes',
      'fips',
    ];
    const part = fc
      .tuple(fc.constantFrom('country_code', 'city', 'fips', '__proto__', 'constructor', ''), fc.string())
      .map(([key, value]) => `${key}=${value}`);
    const text = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join(',')),
    );

    fc.assert(
      fc.property(text, (edgescape) => {
        const location = readLocation(edgescape);

        for (const [name, value] of Object.entries(location)) {
          expect(members).toContain(name);
          expect(Array.isArray(value)).toBe(name === 'areaCodes' || name === 'fips');
        }
      }),
    );
  });
});
