import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestColumns, responseColumns, visitorColumns } from '../../../config/edge-columns.ts';
import type { VisitorRequest } from '../../../edgeworker/src/platform.ts';
import type { ColumnSource } from '../../../edgeworker/src/settings.ts';
import { visitorFields } from '../../../edgeworker/src/visitor-fields.ts';
import { answerOf, fakeEdge, headersOf, NOW_SECONDS } from './fake-edge.ts';

const { platform } = fakeEdge(() => answerOf(500, ''));
const TRUNCATED = { columns: visitorColumns, clientIp: 'truncated' } as const;

/** The value of one column of a request. */
async function fieldOf(source: ColumnSource, request: Partial<VisitorRequest>, status?: number) {
  const settings = { columns: { it: source }, clientIp: 'truncated' } as const;
  const response = status === undefined ? undefined : { ...headersOf({}), status };
  const fields = await visitorFields({ ...headersOf({}), ...request }, settings, platform, response);
  expect(Object.keys(fields)).toEqual(['it']);
  return fields['it'];
}

describe('what the edge knows of a visitor', () => {
  test('is place, kind of device, truncated network and user agent', async () => {
    const fields = await visitorFields(
      {
        ...headersOf({ 'user-agent': 'Mozilla/5.0' }),
        clientIp: '203.0.113.77',
        userLocation: { country: 'FR', region: 'IDF', city: 'PARIS' },
        device: { isMobile: true, isTablet: false },
      },
      TRUNCATED,
      platform,
    );

    expect(fields).toEqual({
      country: 'FR',
      region: 'IDF',
      city: 'PARIS',
      device: 'phone',
      client_network: '203.0.113.0/24',
      user_agent: 'Mozilla/5.0',
    });
  });

  test.each([
    ['a tablet, which Akamai calls mobile too', { isMobile: true, isTablet: true }, 'tablet'],
    ['a desktop', { isMobile: false, isTablet: false }, 'desktop'],
    ['a device of which nothing is known', { isMobile: undefined, isTablet: undefined }, undefined],
    ['no device', null, undefined],
  ])('tells %s', async (_name, device, expected) => {
    expect(await fieldOf({ device: 'kind' }, { device })).toBe(expected);
  });

  test.each<[string, ColumnSource, Partial<VisitorRequest>, unknown]>([
    ['a coordinate as a number', { geo: 'latitude' }, { userLocation: { latitude: '-33.87' } }, -33.87],
    ['no coordinate that is none', { geo: 'longitude' }, { userLocation: { longitude: 'x' } }, undefined],
    ['no place of a reserved address', { geo: 'country' }, { userLocation: { country: 'reserved' } }, undefined],
    ['a flag that is off', { device: 'isWireless' }, { device: { isWireless: false } }, false],
    ['a size', { device: 'resolutionWidth' }, { device: { resolutionWidth: 390 } }, 390],
    ['the CP code', { request: 'cpCode' }, { cpCode: 12_345 }, 12_345],
    ['a header', { header: 'x-a' }, headersOf({ 'X-A': ' one ' }), 'one'],
    ['an empty header', { header: 'x-a' }, headersOf({ 'X-A': '  ' }), undefined],
    ['a cookie', { cookie: 'b' }, headersOf({ Cookie: 'ab=0; b=1=2 ;b=3' }), '1=2'],
    ['a cookie on a second line', { cookie: 'b' }, { getHeader: () => ['a=0', 'b=1; c=2'] }, '1'],
    ['an empty cookie', { cookie: 'b' }, headersOf({ Cookie: 'b=; b=2' }), undefined],
    ['a cookie that is not there', { cookie: 'b' }, headersOf({ Cookie: 'bb=1; B=2; b' }), undefined],
    ['a variable', { variable: 'PMUSER_A' }, { getVariable: (name) => `${name}!` }, 'PMUSER_A!'],
    ['a variable where there are none', { variable: 'PMUSER_A' }, {}, undefined],
    ['what the config says itself', { constant: false }, {}, false],
  ])('has %s', async (_name, source, request, expected) => {
    expect(await fieldOf(source, request)).toBe(expected);
  });

  test('is cut where a visitor sends much, and never within a character', async () => {
    const long = `${'x'.repeat(511)}${'\u{1F600}'.repeat(400)}`;

    expect(await fieldOf({ header: 'x-a' }, headersOf({ 'x-a': long }))).toBe('x'.repeat(511));
    expect(await fieldOf({ request: 'userAgent' }, headersOf({ 'user-agent': 'y'.repeat(9_000) }))).toHaveLength(512);
    expect(await fieldOf({ request: 'query' }, { query: 'y'.repeat(9_000) })).toHaveLength(2_048);
  });

  test('is text that ingest can take, whatever a visitor sends', async () => {
    const sources: readonly ColumnSource[] = [
      { header: 'x-a' },
      { cookie: 'a' },
      { request: 'path' },
      { variable: 'PMUSER_A' },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.nat(),
        async (source, text, at) => {
          const broken = `a=${text.slice(0, at % 600)}\uD83D${text.slice(at % 600)}`;
          const request = { path: broken, getVariable: () => broken, getHeader: () => [broken] };

          const value = String(await fieldOf(source, request));

          expect([value.isWellFormed(), value.length <= 2_048]).toEqual([true, true]);
        },
      ),
    );
  });
});

describe('the time of a request', () => {
  test.each([
    ['2025-11-23T08:00:00Z', '2025-11-23T08:00:00Z'],
    ['2025-11-23T08:00:00.123+01:00', '2025-11-23T08:00:00.123+01:00'],
    ['yesterday', new Date(NOW_SECONDS * 1_000).toISOString()],
    ['', new Date(NOW_SECONDS * 1_000).toISOString()],
  ])('is that of the property where it is one: %p', async (set, expected) => {
    expect(await fieldOf({ timing: 'time' }, { getVariable: () => set })).toBe(expected);
  });

  test.each([
    ['the request came 120 ms ago', String(NOW_SECONDS * 1_000 - 120), 120],
    ['the first handler left nothing', undefined, undefined],
    ['something else lies there', 'soon', undefined],
    ['the clocks of two machines differ', String(NOW_SECONDS * 1_000 + 5), undefined],
  ])('is as long as it took: %s', async (_name, start, expected) => {
    const getVariable = (name: string) => (name === 'PMUSER_EDGEHOUSE_START' ? start : undefined);

    expect(await fieldOf({ timing: 'duration' }, { getVariable })).toBe(expected);
  });
});

describe('what Akamai leaves out', () => {
  test('is left out of the row, and every column is still there by name', async () => {
    const maybe = (value: string) => fc.constantFrom(value, '', null, undefined);
    const request = fc.record({
      method: maybe('GET'),
      host: maybe('shop.example.com'),
      path: maybe('/shoes'),
      query: maybe('size=42'),
      clientIp: maybe('203.0.113.7'),
      userLocation: fc.constantFrom(null, undefined, {}, { country: 'FR', city: null }),
      device: fc.constantFrom(null, undefined, {}, { isTablet: true }),
      getVariable: fc.constantFrom(
        undefined,
        () => undefined,
        () => '',
        () => null,
      ),
      getHeader: fc.constantFrom(
        () => null,
        () => undefined,
        () => [],
        () => ['12'],
      ),
    });
    const columns = {
      ...requestColumns,
      ...responseColumns,
      took: { timing: 'duration' },
      sid: { cookie: 'sid' },
    } as const;
    await fc.assert(
      fc.asyncProperty(request, fc.constantFrom(undefined, null, 0, 304), async ({ getVariable, ...some }, status) => {
        const asked = { ...some, ...(getVariable && { getVariable }) };
        const response = { status, getHeader: some.getHeader };

        const fields = await visitorFields(asked, { columns, clientIp: 'truncated' }, platform, response);

        const row: object = JSON.parse(JSON.stringify(fields));
        expect(Object.keys(fields).sort()).toEqual(Object.keys(columns).sort());
        expect(Object.values(row).every((value) => value !== '' && value !== null)).toBe(true);
        expect(row).toMatchObject({ event_type: 'request', event_time: expect.any(String) });
      }),
    );
  });
});
