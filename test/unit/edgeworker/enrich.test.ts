import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { enrichEvent } from '../../../edgeworker/src/enrich.ts';
import { type VisitorFields, visitorFields } from '../../../edgeworker/src/visitor-fields.ts';
import { headersOf } from './fake-edge.ts';

const KNOWN = ['country', 'region', 'city', 'device', 'client_network', 'user_agent'] as const;
const FRENCH_PHONE: VisitorFields = {
  country: 'FR',
  region: 'IDF',
  city: 'PARIS',
  device: 'phone',
  client_network: '203.0.113.0/24',
  user_agent: 'Mozilla/5.0',
};
const UNKNOWN: VisitorFields = {
  country: undefined,
  region: undefined,
  city: undefined,
  device: undefined,
  client_network: undefined,
  user_agent: undefined,
};

describe('an event that a client sent', () => {
  test('gets what the edge knows, over what the client claims', () => {
    const event = { path: '/', country: 'XX', request_id: 'mine' };

    const row = throughJson(enrichEvent(event, FRENCH_PHONE, 'b-1', 3));

    expect(row).toEqual({ path: '/', ...FRENCH_PHONE, request_id: 'b-1/3' });
  });

  test('loses what it claims and the edge does not know', () => {
    const event = { path: '/', city: 'ATLANTIS', client_network: '10.0.0.0/24' };

    const row = throughJson(enrichEvent(event, UNKNOWN, 'b-1', 0));

    expect(row).toEqual({ path: '/', request_id: 'b-1/0' });
  });

  test('passes unchanged otherwise, reserved fields and prototypes included, and what is no object passes as it is', () => {
    const visitor = fc.record(
      Object.fromEntries(KNOWN.map((name) => [name, fc.option(fc.string(), { nil: undefined })])),
    );
    fc.assert(
      fc.property(fc.json(), visitor, fc.nat(), (text, fields, at) => {
        const event: unknown = JSON.parse(text);
        const known = { ...UNKNOWN, ...fields };

        const row = throughJson(enrichEvent(event, known, 'b-1', at));

        if (typeof event !== 'object' || event === null || Array.isArray(event)) {
          expect(row).toEqual(throughJson(event));
          return;
        }
        const expected = new Map(Object.entries(event).filter(([name]) => !KNOWN.some((edge) => edge === name)));
        for (const [name, value] of Object.entries(known)) if (value !== undefined) expected.set(name, value);
        expected.set('request_id', `b-1/${at}`);
        expect(new Map(Object.entries(Object(row)))).toEqual(throughJsonMap(expected));
      }),
      { numRuns: 500 },
    );
    const reserved = enrichEvent(JSON.parse('{"_trust":"edge","__proto__":{"x":1}}'), UNKNOWN, 'b-1', 0);
    expect(JSON.stringify(reserved)).toBe('{"_trust":"edge","__proto__":{"x":1},"request_id":"b-1/0"}');
  });
});

describe('what the edge knows of a visitor', () => {
  test('is place, kind of device, truncated network and user agent', () => {
    const fields = visitorFields({
      ...headersOf({ 'user-agent': 'Mozilla/5.0' }),
      clientIp: '203.0.113.77',
      userLocation: { country: 'FR', region: 'IDF', city: 'PARIS' },
      device: { isMobile: true, isTablet: false },
    });

    expect(fields).toEqual(FRENCH_PHONE);
  });

  test.each([
    ['a tablet, which Akamai calls mobile too', { isMobile: true, isTablet: true }, 'tablet'],
    ['a desktop', { isMobile: false, isTablet: false }, 'desktop'],
    ['a device of which nothing is known', { isMobile: undefined, isTablet: undefined }, undefined],
    ['no device', null, undefined],
  ])('tells %s', (_name, device, expected) => {
    const fields = visitorFields({ ...headersOf({}), device });

    expect(fields.device).toBe(expected);
  });

  test('is nothing at all where Akamai gives nothing', () => {
    const nothing = visitorFields({
      getHeader: () => undefined,
      clientIp: null,
      userLocation: null,
      device: undefined,
    });

    expect(nothing).toEqual(UNKNOWN);
  });
});

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function throughJsonMap(map: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  return new Map([...map].map(([name, value]) => [name, throughJson(value)]));
}
