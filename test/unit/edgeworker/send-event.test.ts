import { describe, expect, test } from '@jest/globals';
import { requestColumns, responseColumns } from '../../../config/edge-columns.ts';
import { eventRow } from '../../../edgeworker/src/event-row.ts';
import type { VisitorRequest, VisitorResponse } from '../../../edgeworker/src/platform.ts';
import { startTimer } from '../../../edgeworker/src/request-timer.ts';
import { sendEvent } from '../../../edgeworker/src/send-event.ts';
import { TIER_LIMITS } from '../../../local/edge/tier-limits.ts';
import {
  answerOf,
  SETTINGS as COLLECTOR_SETTINGS,
  type FakeEdge,
  fakeEdge,
  fakeEdgeWithItem,
  headersOf,
  ingestAnswer,
  NOW_SECONDS,
} from './fake-edge.ts';

const SETTINGS = { ...COLLECTOR_SETTINGS, columns: { ...requestColumns, ...responseColumns } };
const REQUEST: VisitorRequest = {
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
const RESPONSE: VisitorResponse = { ...headersOf({ 'Content-Length': '5120' }), status: 200 };

describe('the event of a request', () => {
  test('is one row of web_events', async () => {
    const row = await rowOf(REQUEST, RESPONSE);

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

  test('takes time and id from the property where it sets them', async () => {
    const variables = new Map([
      ['PMUSER_EVENT_TIME', '2025-11-23T08:00:00Z'],
      ['PMUSER_GRN', '0.1.2.3'],
    ]);
    const request = { ...REQUEST, getVariable: (name: string) => variables.get(name) };

    const row = await rowOf(request, RESPONSE);

    expect(row).toMatchObject({ event_time: '2025-11-23T08:00:00Z', request_id: '0.1.2.3' });
  });

  test('has nothing of an answer that is not there yet', async () => {
    const row = await rowOf(REQUEST, undefined);

    expect(row).toMatchObject({ path: '/shoes', status: undefined, bytes: undefined });
  });

  test('is not made for a visitor whom sampling leaves out, and says for how many it stands otherwise', async () => {
    const sampling = { rate: 0.5, by: { cookie: 'sid' }, always: { status: 500, paths: [] }, column: 'sample_rate' };
    const rows = [];
    for (let sid = 0; sid < 20; sid++) {
      const request = { ...REQUEST, ...headersOf({ Cookie: `sid=${sid}` }) };
      rows.push(await rowOf(request, RESPONSE, { ...SETTINGS, sampling }));
    }
    const error = await rowOf(REQUEST, { ...RESPONSE, status: 500 }, { ...SETTINGS, sampling });

    expect(new Set(rows.map((row) => row?.['sample_rate']))).toEqual(new Set([0.5, undefined]));
    expect(rows).toContain(undefined);
    expect(error).toMatchObject({ status: 500, sample_rate: 1 });
  });

  test.each(['', '1e3', '12, 12', '-1', '0x10', '1234567890123456'])(
    'counts no bytes where Content-Length is %p',
    async (length) => {
      const response = { ...RESPONSE, ...headersOf({ 'Content-Length': length }) };

      const row = await rowOf(REQUEST, response);

      expect(row).toMatchObject({ path: '/shoes', bytes: undefined });
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

  test('has time for both its sub-requests on the smallest tier', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));

    sendEvent(REQUEST, RESPONSE, deliveryOf(edge));

    await until(() => edge.sent.length === 2);
    const { subRequests, subRequestWallMs, wallMs } = TIER_LIMITS.basic.inline;
    const timeouts = edge.sent.map(({ timeout }) => timeout);
    expect(timeouts.length).toBeLessThanOrEqual(subRequests);
    expect(Math.max(...timeouts)).toBeLessThan(subRequestWallMs);
    expect(timeouts.reduce((sum, timeout) => sum + timeout)).toBeLessThan(wallMs);
  });

  test('is read while its handler runs: afterwards it may be gone', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));
    let gone = false;
    const request = { ...REQUEST, getHeader: (name: string) => (gone ? fail() : REQUEST.getHeader(name)) };

    sendEvent(request, RESPONSE, deliveryOf(edge));
    gone = true;

    await until(() => edge.sent.length === 2);
    expect(JSON.parse(edge.sent[1]?.body ?? '')).toMatchObject([{ user_agent: 'Mozilla/5.0' }]);
  });

  test('is followed by no other event for as long as ingest asks; each one that is lost is in the log', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(503, {}));
    const delivery = deliveryOf(edge);

    sendEvent(REQUEST, RESPONSE, delivery);
    await until(() => edge.warnings.length === 1);
    sendEvent(REQUEST, RESPONSE, delivery);
    await until(() => edge.warnings.length === 2);

    expect(edge.sent).toHaveLength(2);
    expect(edge.warnings[1]).toBe('an event was lost: nothing is sent for 5 s more');
  });

  test('makes the platform import each key once, that of the batches and that of the addresses', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));
    const { crypto } = edge.platform;
    const { subtle } = crypto;
    let imports = 0;
    const counting: typeof crypto = {
      getRandomValues: (array) => crypto.getRandomValues(array),
      subtle: {
        digest: (...args) => subtle.digest(...args),
        sign: (...args) => subtle.sign(...args),
        importKey: (...args) => {
          imports += 1;
          return subtle.importKey(...args);
        },
      },
    };
    const delivery = {
      settings: { ...SETTINGS, clientIp: { hashWith: 'PMUSER_KEY' } },
      cache: {},
      platform: { ...edge.platform, crypto: counting },
    };
    const request = { ...REQUEST, getVariable: () => 'a key of the property, 32 or more' };

    for (const posts of [1, 2, 3]) {
      sendEvent(request, RESPONSE, delivery);
      await until(() => edge.sent.length === posts + 1);
    }

    const hashes = edge.sent.flatMap(({ body }) => (body === undefined ? [] : [JSON.parse(body)[0].client_network]));
    expect(hashes).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{32}$/)));
    expect(imports).toBe(2);
  });

  test('asks nobody anything where sampling leaves its visitor out', async () => {
    const edge = fakeEdgeWithItem(() => ingestAnswer(200, {}));
    const sampling = { rate: 1e-9, always: { paths: [] }, column: 'sample_rate' };

    sendEvent(REQUEST, RESPONSE, { ...deliveryOf(edge), settings: { ...SETTINGS, sampling } });

    await until(() => edge.sent.length > 0, 100);
    expect([edge.sent, edge.warnings]).toEqual([[], []]);
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

describe('the time that a request takes', () => {
  test('begins at its first handler, whose variable may be refused', () => {
    const set: string[][] = [];
    const now = () => 1_763_884_800_123;

    startTimer({ setVariable: (...variable) => set.push(variable) }, { now });
    startTimer({ setVariable: () => fail() }, { now });

    expect(set).toEqual([['PMUSER_EDGEHOUSE_START', '1763884800123']]);
  });
});

function rowOf(
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  settings: Parameters<typeof eventRow>[2] = SETTINGS,
) {
  return eventRow(request, response, settings, fakeEdge(() => answerOf(500, '')).platform);
}

function deliveryOf({ platform }: FakeEdge) {
  return { settings: SETTINGS, cache: {}, platform };
}

/** Waits, on answers of WebCrypto and no clock, until `done`, or until it is clear that it will not be. */
async function until(done: () => boolean, turns = 10_000): Promise<void> {
  for (let turn = 0; turn < turns && !done(); turn += 1) await crypto.subtle.digest('SHA-256', new Uint8Array(1));
}

function fail(): never {
  throw new Error('broken');
}
