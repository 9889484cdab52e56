import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { enrichEvent } from '../../../edgeworker/src/enrich.ts';
import type { VisitorFields } from '../../../edgeworker/src/visitor-fields.ts';

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

    const row = enriched(event, FRENCH_PHONE, 3);

    expect(row).toEqual({ path: '/', ...FRENCH_PHONE, request_id: 'b-1/3' });
  });

  test('loses what it claims and the edge does not know', () => {
    const event = { path: '/', city: 'ATLANTIS', client_network: '10.0.0.0/24' };

    const row = enriched(event, UNKNOWN, 0);

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

        const row = enriched(structuredClone(event), known, at);

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
    const reserved: unknown = JSON.parse('{"_trust":"edge","__proto__":{"x":1}}');
    enrichEvent(reserved, { batchId: 'b-1', visitor: UNKNOWN }, 0);
    expect(JSON.stringify(reserved)).toBe('{"_trust":"edge","__proto__":{"x":1},"request_id":"b-1/0"}');
  });
});

/** The event as it goes on. */
function enriched(event: unknown, visitor: VisitorFields, row: number): unknown {
  enrichEvent(event, { batchId: 'b-1', visitor }, row);
  return throughJson(event);
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function throughJsonMap(map: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  return new Map([...map].map(([name, value]) => [name, throughJson(value)]));
}
