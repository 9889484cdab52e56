import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EventRequest, type EventResponse, eventRow } from '../../../edgeworker/src/event-row.ts';
import { sendEvent } from '../../../edgeworker/src/send-event.ts';
import {
  answerOf,
  type FakeEdge,
  fakeEdge,
  fakeEdgeWithItem,
  headersOf,
  ingestAnswer,
  NOW_SECONDS,
  SETTINGS,
} from './fake-edge.ts';

const REQUEST: EventRequest = {
  ...headersOf({ 'User-Agent': 'Mozilla/5.0', Referer: 'https://search.example/' }),
  method: 'GET',
  host: 'shop.example.com',
  path: '/shoes',
  query: 'size=42',
  clientIp: '2001:db8:7::1',
  userLocation: { country: 'FR', region: 'IDF', city: 'PARIS' },
  device: { isMobile: false, isTablet: false },
  getVariable: () => undefined,
};
const RESPONSE: EventResponse = { ...headersOf({ 'Content-Length': '5120' }), status: 200 };

describe('the event of a request', () => {
  test('is one row of web_events', () => {
    const row = eventRow(REQUEST, RESPONSE, fakeEdge(() => answerOf(500, '')).platform);

    expect(row).toEqual({
      event_time: new Date(NOW_SECONDS * 1_000).toISOString(),
      path: '/shoes',
      query: 'size=42',
      method: 'GET',
      status: 200,
      bytes: 5_120,
      host: 'shop.example.com',
      referrer: 'https://search.example/',
      user_agent: 'Mozilla/5.0',
      country: 'FR',
      region: 'IDF',
      city: 'PARIS',
      client_network: '2001:db8:7::/48',
      device: 'desktop',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      event_type: 'request',
    });
  });

  test('takes time and id from the property where it sets them', () => {
    const variables = new Map([
      ['PMUSER_EVENT_TIME', '2025-11-23T08:00:00Z'],
      ['PMUSER_GRN', '0.1.2.3'],
    ]);
    const request = { ...REQUEST, getVariable: (name: string) => variables.get(name) };

    const row = eventRow(request, RESPONSE, fakeEdge(() => answerOf(500, '')).platform);

    expect(row).toMatchObject({ event_time: '2025-11-23T08:00:00Z', request_id: '0.1.2.3' });
  });

  test('holds only what is known, whichever members Akamai leaves out', () => {
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
    const { platform } = fakeEdge(() => answerOf(500, ''));
    fc.assert(
      fc.property(request, fc.constantFrom(undefined, null, 0, 304), (some, status) => {
        const row = JSON.parse(JSON.stringify(eventRow(some, { status, getHeader: some.getHeader }, platform)));

        expect(Object.values(row).every((value) => value !== '' && value !== null)).toBe(true);
        expect(row).toMatchObject({ event_type: 'request', event_time: expect.any(String) });
      }),
    );
  });

  test.each(['', '1e3', '12, 12', '-1', '0x10', '1234567890123456'])(
    'counts no bytes where Content-Length is %p',
    (length) => {
      const response = { ...RESPONSE, ...headersOf({ 'Content-Length': length }) };

      const row = eventRow(REQUEST, response, fakeEdge(() => answerOf(500, '')).platform);

      expect(row.bytes).toBeUndefined();
    },
  );
});

describe('a request of the site', () => {
  test('is not kept waiting: the event goes out with one EdgeKV read and one POST', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));

    const returned = sendEvent(REQUEST, RESPONSE, deliveryOf(edge));

    const sentBefore = edge.sent.length;
    await until(() => edge.sent.length === 2);
    expect(returned).toBeUndefined();
    expect(sentBefore).toBeLessThan(2);
    expect(edge.sent.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(JSON.parse(edge.sent[1]?.body ?? '')).toMatchObject([{ path: '/shoes' }]);
    expect(edge.warnings).toEqual([]);
  });

  test.each([
    ['ingest is down', () => ingestAnswer(503, {}), 'ingest answered 503'],
    ['the property allows no POST', () => answerOf(403, ''), 'the way to ingest answered 403'],
  ])('is not disturbed when %s; the log says what was lost', async (_name, ingest, reason) => {
    const edge = fakeEdgeWithItem(ingest);

    sendEvent(REQUEST, RESPONSE, deliveryOf(edge));

    await until(() => edge.warnings.length === 1);
    expect(edge.warnings).toEqual([expect.stringContaining(reason)]);
  });

  test('is not disturbed by members that throw, or by a key that cannot be used', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));
    const broken = { ...REQUEST, getVariable: () => fail() };
    const { platform } = edge;
    const noCrypto = { ...deliveryOf(edge), platform: { ...platform, encodeUtf8: () => fail() } };

    sendEvent(broken, RESPONSE, deliveryOf(edge));
    sendEvent(REQUEST, RESPONSE, noCrypto);

    await until(() => edge.warnings.length === 2);
    expect(edge.warnings).toHaveLength(2);
  });
});

function deliveryOf({ platform }: FakeEdge) {
  return { settings: SETTINGS, cache: {}, platform };
}

/** Waits, on answers of WebCrypto and no clock, until `done`, or until it is clear that it will not be. */
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !done(); turn += 1) await crypto.subtle.digest('SHA-256', new Uint8Array(1));
}

function fail(): never {
  throw new Error('broken');
}
