import { describe, expect, test } from '@jest/globals';
import { requirePrincipal } from '../../../cli/require-principal.ts';
import { relationFor } from '../../../cli/tail-relation.ts';
import { timeOfUuidV7, uuidV7 } from '../../../cli/uuid-v7.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const config = parseConfig({
  streams: { web_events: {}, orders: { table: 'order_rows' } },
  principals: {
    edge: { claims: { sub: 'ew:1', tenant: 'a' }, allow: [{ write: ['web_events'], sources: ['ew/1/*'] }] },
    other: { claims: { sub: 'ew:2' }, allow: [{ write: ['web_events'], sources: ['ew/2/*'] }] },
    analyst: { allow: [{ read: ['orders', 'batches'] }] },
    'paris-team': { allow: [{ read: ['web_events'], rows: "city = 'Paris'" }] },
  },
});

const ABROAD = 'https://tenant.example.com/';
const twoIssuers = parseConfig({
  streams: { web_events: {} },
  issuers: ['builtin', { url: ABROAD, audience: 'https://api.example.com' }],
  principals: {
    ours: { issuer: 'builtin', claims: { sub: 'one' }, allow: [{ write: ['web_events'], sources: ['a'] }] },
    theirs: { issuer: ABROAD, claims: { sub: 'one' }, allow: [{ write: ['web_events'], sources: ['b'] }] },
  },
});

const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;

describe('credentials for a replay', () => {
  test('are those of the principal whose rows they send', () => {
    expect(() => requirePrincipal('edge', token({ sub: 'ew:1', tenant: 'a' }), config)).not.toThrow();
  });

  test.each([
    ['of another principal', token({ sub: 'ew:2' }), 'are those of other, expected those of edge'],
    ['with one claim too few', token({ sub: 'ew:1' }), 'are those of no principal'],
    ['that are no token', 'nothing', 'are those of no principal'],
    ['with claims that are no object', token(null), 'are those of no principal'],
  ])('are refused: those %s', (_what, given, message) => {
    expect(() => requirePrincipal('edge', given, config)).toThrow(message);
  });

  test('are told apart by their issuer where claims alone do not', () => {
    const [ours, theirs] = ['https://issuer.example', ABROAD].map((iss) => token({ iss, sub: 'one' }));

    expect(() => requirePrincipal('ours', ours, twoIssuers)).not.toThrow();
    expect(() => requirePrincipal('theirs', theirs, twoIssuers)).not.toThrow();
    expect(() => requirePrincipal('ours', theirs, twoIssuers)).toThrow('are those of theirs, expected those of ours');
    expect(() => requirePrincipal('theirs', ours, twoIssuers)).toThrow('are those of ours, expected those of theirs');
  });
});

describe('where tail reads a stream', () => {
  test.each([
    ['edgehouse_operator', 'orders', 'order_rows', false],
    ['default', 'web_events', 'web_events', false],
    ['edgehouse_reader_analyst', 'orders', 'order_rows', true],
    ['edgehouse_reader_paris_team', 'web_events', 'web_events_for_paris_team', true],
  ])('%s reads %s in %s', (user, stream, relation, isReader) => {
    expect(relationFor(user, stream, config)).toEqual({ relation, isReader });
  });

  test('is nowhere for a reader whom the policy does not let, or for a stream that is not there', () => {
    expect(() => relationFor('edgehouse_reader_analyst', 'web_events', config)).toThrow(
      'analyst may not read web_events',
    );
    expect(() => relationFor('edgehouse_operator', 'order', config)).toThrow('did you mean orders?');
    expect(() => relationFor('edgehouse_operator', 'constructor', config)).toThrow('no stream of');
  });
});

describe('the time of a batch id', () => {
  test('is when it was made, where the id has one', () => {
    const now = Date.parse('2026-11-23T10:00:00.123Z');

    expect(timeOfUuidV7(uuidV7(now, new Uint8Array(10)))).toBe(now);
    expect(timeOfUuidV7('0193f000-0000-4000-8000-000000000001')).toBeUndefined();
  });
});
