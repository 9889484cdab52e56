import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../config/config-error.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const parse = (production: object, streams: object = { hits: { peakInsertsPerSecond: 30 } }) =>
  parseConfig({
    streams,
    principals: {
      p: { claims: { sub: 'p' }, allow: [{ write: Object.keys(streams), sources: ['a'] }] },
    },
    production,
  }).production;

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('production', () => {
  test('is what nobody gets who does not ask for it', () => {
    expect(parseConfig({ streams: { hits: {} }, principals: {}, tests: [] }).production).toBeUndefined();
  });

  test('reserves executions and protects the stack where nothing else is said', () => {
    expect(parse({})).toEqual({
      throttle: {},
      reservedConcurrency: { replay: 6, issuer: 100, rotation: 2, 'password-rotation': 5 },
    });
  });

  test('can leave executions to the account', () => {
    expect(parse({ reservedConcurrency: 'none' })).toMatchObject({ reservedConcurrency: 'none' });
  });

  test.each<[string, object, string]>([
    ['no list', { originIps: [] }, 'production.originIps: a list of 0 → at least 1 in the list; add one'],
    ['an address alone', { originIps: ['192.0.2.1'] }, 'production.originIps[0]: "192.0.2.1" → a network in CIDR form'],
    ['a name', { originIps: ['edge.example.com/32'] }, 'production.originIps[0]: "edge.example.com/32" → a network'],
    ['a prefix too long', { originIps: ['192.0.2.0/33'] }, 'production.originIps[0]: "192.0.2.0/33" → a network'],
    ['everybody', { originIps: ['0.0.0.0/0'] }, 'production.originIps[0]: "0.0.0.0/0" → a network'],
    ['everybody of IPv6', { originIps: ['::/0'] }, 'production.originIps[0]: "::/0" → a network'],
    ['a zone', { originIps: ['fe80::1%eth0/64'] }, 'production.originIps[0]: "fe80::1%eth0/64" → a network'],
    [
      'a repeat',
      { originIps: ['192.0.2.0/24', '192.0.2.0/24'] },
      'production.originIps: a list of 2 → each entry once',
    ],
    [
      'more than the window of deduplication covers',
      { throttle: { requestsPerSecond: 61 } },
      'production.throttle.requestsPerSecond: 61 → at most 60, twice the streams’ peaks; lower it, or raise a peakInsertsPerSecond',
    ],
    ['no executions', { reservedConcurrency: { ingest: 0 } }, 'production.reservedConcurrency.ingest: 0 → at least 1'],
    [
      'fewer than the queue hands out',
      { reservedConcurrency: { replay: 5 } },
      'production.reservedConcurrency.replay: 5 → at least 6; raise it',
    ],
    [
      'a function that does not exist',
      { reservedConcurrency: { ingset: 9 } },
      'production.reservedConcurrency.ingset: unknown key → one of authorizer, ingest, replay, issuer, rotation, password-rotation; rename it to ingest',
    ],
    ['no address to write to', { alarmsTo: ['ops'] }, 'production.alarmsTo[0]: "ops" →'],
    ['a misspelt key', { originIPs: ['192.0.2.0/24'] }, 'production.originIPs: unknown key'],
  ])('refuses %s', (_what, production, said) => {
    expect(problems(() => parse(production)).join('\n')).toContain(said);
  });

  test('takes every network but that of everybody', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 }));
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 }));

    fc.assert(
      fc.property(fc.oneof(v4, v6), ([address, prefix]) => {
        const originIps = [`${address}/${prefix}`];
        expect(parse({ originIps })).toMatchObject({ originIps });
      }),
    );
  });

  test('may let in as much as all streams together declare, and no more', () => {
    const streams = { hits: { peakInsertsPerSecond: 0.2 }, orders: { peakInsertsPerSecond: 1 } };

    expect(parse({ throttle: { requestsPerSecond: 3 } }, streams)).toMatchObject({
      throttle: { requestsPerSecond: 3 },
    });
    expect(problems(() => parse({ throttle: { requestsPerSecond: 4 } }, streams))).toHaveLength(1);
  });
});
