import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VisitorRequest } from '../../../edgeworker/src/platform.ts';
import { sampleRate } from '../../../edgeworker/src/sample-request.ts';
import type { Sampling } from '../../../edgeworker/src/settings.ts';
import { headersOf } from './fake-edge.ts';

const PLATFORM = { encodeUtf8: (text: string) => new TextEncoder().encode(text) };
const TENTH: Sampling = { rate: 0.1, always: { status: 500, paths: ['/checkout*', '/'] }, column: 'sample_rate' };
const VISITORS = 20_000;

interface Asked {
  readonly ip?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function requestOf({ ip = '203.0.113.7', path = '/shoes', headers = {} }: Asked): VisitorRequest {
  return { ...headersOf({ 'User-Agent': 'Mozilla/5.0', ...headers }), clientIp: ip, path };
}

function rateOf(asked: Asked, sampling = TENTH, status = 200): number {
  return sampleRate(requestOf(asked), { ...headersOf({}), status }, sampling, PLATFORM);
}

function networks(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${20 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}.9`);
}

describe('a visitor', () => {
  test('is kept with the chance that the config says', () => {
    const kept = networks(VISITORS).filter((ip) => rateOf({ ip }) > 0);

    // Five standard deviations.
    expect(Math.abs(kept.length / VISITORS - TENTH.rate)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / VISITORS));
  });

  test('is kept or left out as a whole: whatever they ask for, from wherever in their network', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(255), fc.webPath(), fc.webPath(), (ip, host, one, other) => {
        const neighbour = ip.replace(/\d+$/, String(host));

        const rates = [rateOf({ ip, path: `/p${one}` }), rateOf({ ip: neighbour, path: `/p${other}` })];

        expect(rates[0]).toBe(rates[1]);
      }),
    );
  });

  test('is the same one by cookie or header, in any network, and by network and browser without it', () => {
    const byCookie: Sampling = { ...TENTH, rate: 0.5, by: { cookie: 'sid' } };
    const byHeader: Sampling = { ...TENTH, rate: 0.5, by: { header: 'x-visitor' } };
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{8,32}$/), fc.ipV4(), fc.ipV6(), (id, ip, elsewhere) => {
        const cookie = { cookie: `a=b; sid=${id}; xsid=1` };
        const header = { 'x-visitor': id };

        expect(rateOf({ ip, headers: cookie }, byCookie)).toBe(rateOf({ ip: elsewhere, headers: cookie }, byCookie));
        expect(rateOf({ ip, headers: header }, byHeader)).toBe(rateOf({ ip: elsewhere, headers: cookie }, byCookie));
        expect(rateOf({ ip }, byCookie)).toBe(rateOf({ ip }, { ...TENTH, rate: 0.5 }));
      }),
    );
  });

  test('that is kept at a rate is kept at every higher one', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.double({ min: 0.01, max: 1, noNaN: true }), (ip, rate) => {
        if (rateOf({ ip }) > 0) expect(rateOf({ ip }, { ...TENTH, rate: Math.max(rate, 0.1) })).toBeGreaterThan(0);
        expect(rateOf({ ip }, { ...TENTH, rate: 1 })).toBe(1);
      }),
    );
  });

  test('is chosen by FNV-1a and the last mix of MurmurHash3 over network and user agent: others can choose the same', () => {
    const sampling = (rate: number): Sampling => ({ ...TENTH, rate });

    // Computed apart from here, in Python.
    const at = 1_003_836_123 / 2 ** 32;
    expect([rateOf({}, sampling(at)), rateOf({}, sampling(at + 1e-9))]).toEqual([0, at + 1e-9]);
  });
});

test('of a visitor who names no browser the network alone counts, and of one without address the browser', () => {
  const sampling = (rate: number): Sampling => ({ ...TENTH, rate });
  const nameless = { ...headersOf({}), clientIp: '203.0.113.7', path: '/shoes' };
  const nowhere = { ...headersOf({ 'User-Agent': 'Mozilla/5.0' }), path: '/shoes' };

  // Computed apart from here, in Python, over '203.0.113.0/24\n' and '\nMozilla/5.0'.
  for (const [request, hash] of [
    [nameless, 1_166_401_063],
    [nowhere, 1_326_859_070],
  ] as const) {
    const at = hash / 2 ** 32;
    const rates = [at, at + 1e-9].map((rate) => sampleRate(request, undefined, sampling(rate), PLATFORM));
    expect(rates).toEqual([0, at + 1e-9]);
  }
});

describe('a request', () => {
  test.each<[string, Asked, number]>([
    ['answered with an error', {}, 503],
    ['to a path that is named', { path: '/' }, 200],
    ['below a path that is named', { path: '/checkout/pay' }, 200],
  ])('%s is always kept, and stands for itself alone', (_name, asked, status) => {
    const rates = networks(200).map((ip) => rateOf({ ...asked, ip }, TENTH, status));

    expect(new Set(rates)).toEqual(new Set([1]));
  });

  test.each([undefined, null])('without a status (%p) is no error', (status) => {
    const rates = networks(200).map((ip) =>
      sampleRate(requestOf({ ip }), { ...headersOf({}), status }, TENTH, PLATFORM),
    );

    expect(rates).toContain(0);
  });

  test('counts again what was left out: sum(1 / sample_rate) estimates how many there were', () => {
    const statuses = [200, 200, 200, 404, 503];
    let estimate = 0;
    let errors = 0;
    for (const [index, ip] of networks(VISITORS).entries()) {
      const status = statuses[index % statuses.length] ?? 200;
      const rate = rateOf({ ip }, TENTH, status);
      if (rate > 0) estimate += 1 / rate;
      if (rate > 0 && status === 503) errors += 1 / rate;
    }

    const sampled = (VISITORS * 4) / 5;
    expect(errors).toBe(VISITORS / 5);
    expect(Math.abs(estimate - VISITORS)).toBeLessThan(5 * Math.sqrt(sampled * 0.9 * 0.1) * 10);
  });
});
