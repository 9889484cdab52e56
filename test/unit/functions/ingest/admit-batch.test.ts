import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import {
  countRows,
  decideBatch,
  limitBytes,
  limitsOf,
  refuseExpiredToken,
  refuseRevokedToken,
  verifyDigest,
} from '../../../../functions/ingest/admit-batch.ts';
import { refusalCode } from './refusal-code.ts';

const POLICY = parseConfig({
  streams: { hits: { limits: { rows: 50 } } },
  principals: {
    writer: {
      claims: { sub: 'a' },
      allow: [{ write: ['hits'], sources: ['ew/1/*'] }],
      limits: { bytes: 10, rows: 100 },
    },
    reader: { allow: [{ read: ['hits'] }] },
    revoked: { claims: { sub: 'b' }, revokedBefore: '1970-01-01T00:15:00Z' },
  },
});

const IDENTITY = {
  principal: 'w',
  auth: 'token',
  iss: 'i',
  sub: 's',
  clientId: 'c',
  jti: 'j',
  kid: 'k',
  exp: 1_000,
} as const;

describe('admitting a batch', () => {
  test.each([
    [1_029, 'taken'],
    [1_030, 'TOKEN_EXPIRED'],
  ])('a token of exp 1000 at second %d: %s', (now, code) => {
    expect(refusalCode(() => refuseExpiredToken(IDENTITY, now))).toBe(code);
  });

  test.each([
    ['revoked', 899, 'TOKEN_EXPIRED'],
    ['revoked', 900, 'taken'],
    // What nobody knows the age of is as old as can be.
    ['revoked', undefined, 'TOKEN_EXPIRED'],
    ['writer', 0, 'taken'],
    ['writer', undefined, 'taken'],
    ['constructor', 0, 'taken'],
  ])('a token of %s, issued at second %s: %s', (principal, iat, code) => {
    const identity = { ...IDENTITY, principal, ...(iat === undefined ? {} : { iat }) };

    expect(refusalCode(() => refuseRevokedToken(POLICY, identity))).toBe(code);
  });

  test.each([
    ['writer', 'hits', 'ew/1/1.0.0', 'taken'],
    ['writer', 'hits', 'ew/2/1.0.0', 'POLICY_DENIED'],
    ['writer', 'misses', 'ew/1/1.0.0', 'STREAM_UNKNOWN'],
    ['writer', 'constructor', 'ew/1/1.0.0', 'STREAM_UNKNOWN'],
    ['writer', '__proto__', 'ew/1/1.0.0', 'STREAM_UNKNOWN'],
    ['reader', 'hits', 'ew/1/1.0.0', 'POLICY_DENIED'],
    ['reader', 'misses', 'ew/1/1.0.0', 'POLICY_DENIED'],
    ['constructor', 'hits', 'ew/1/1.0.0', 'POLICY_DENIED'],
    ['__proto__', 'toString', 'ew/1/1.0.0', 'POLICY_DENIED'],
  ])('%s to %s from %s: %s', (principal, stream, source, code) => {
    expect(refusalCode(() => decideBatch(POLICY, principal, stream, source, 'us-east-1'))).toBe(code);
  });

  test('the narrower limit of stream and principal counts', () => {
    expect(limitsOf(POLICY, 'hits', 'writer')).toMatchObject({ bytes: 10, rows: 50 });
    expect(limitsOf(POLICY, 'hits', 'writer').patienceMs).toBe(1_500);
    expect(limitsOf(POLICY, 'constructor', 'toString')).toMatchObject({ bytes: 4_500_000, rows: 10_000 });
    expect([10, 11].map((bytes) => refusalCode(() => limitBytes(bytes, 10)))).toEqual(['taken', 'BODY_TOO_LARGE']);
  });

  test('rows are counted: none, too many, then other than declared', () => {
    const codes = [
      countRows.bind(null, 0, 1, 2),
      countRows.bind(null, 3, 1, 2),
      countRows.bind(null, 2, 1, 2),
      countRows.bind(null, 2, 2, 2),
    ];
    expect(codes.map(refusalCode)).toEqual(['ROWS_EMPTY', 'ROWS_TOO_MANY', 'HEADER_MISMATCH', 'taken']);
  });

  test('a digest of other bytes is refused', () => {
    const empty = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';
    expect([Buffer.alloc(0), Buffer.from('x')].map((bytes) => refusalCode(() => verifyDigest(bytes, empty)))).toEqual([
      'taken',
      'DIGEST_MISMATCH',
    ]);
  });
});
