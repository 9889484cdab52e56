import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  confirmWritten,
  parseBody,
  readLease,
  readRefusal,
  readSecret,
} from '../../../../functions/shared/vault-answer.ts';
import { VaultError } from '../../../../functions/shared/vault-error.ts';

const CODES = [
  'VAULT_SEALED',
  'VAULT_DENIED',
  'VAULT_REFUSED',
  'VAULT_ANSWER_MALFORMED',
  'CAS_MISMATCH',
  'SECRET_DELETED',
  'SECRET_ABSENT',
];

/** Near the documented form, and anything at all. */
const part = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, -1, 1.5, '', 'canary', null, true, [], {}));
const orPart = <T>(documented: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary: documented }, part);
const version = orPart(fc.nat(9));
const metadata = fc.record({ version, destroyed: part, deletion_time: part });
const auth = fc.record({
  client_token: orPart(fc.string({ minLength: 1 })),
  lease_duration: orPart(fc.nat()),
  renewable: orPart(fc.boolean()),
});
const near = fc.record({
  data: orPart(fc.record({ data: orPart(fc.object()), metadata: orPart(metadata), version })),
  auth: orPart(auth),
  errors: orPart(fc.array(part)),
  wrap_info: part,
});
const text = fc.oneof(fc.string(), fc.json(), {
  weight: 4,
  arbitrary: near.map((body) => JSON.stringify(body)),
});
const status = fc.oneof(
  fc.constant(200),
  fc.constantFrom(200, 204, 307, 400, 403, 404, 412, 429, 500, 503),
  fc.integer({ min: 100, max: 599 }),
);

/** What came of it: a value, or an error of ours. Anything else that is thrown fails the test. */
function outcomeOf<T>(read: () => T): { readonly value: T } | { readonly error: VaultError } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof VaultError) return { error };
    throw error;
  }
}

describe('an answer of Vault', () => {
  test('of any content is a secret with a version, or an error of ours', () => {
    fc.assert(
      fc.property(status, text, (code, body) => {
        const outcome = outcomeOf(() => readSecret('Reading', { status: code, body: parseBody(body) }));
        if ('error' in outcome) expect(CODES).toContain(outcome.error.code);
        else {
          expect(code).toBe(200);
          expect(JSON.parse(outcome.value.text)).toEqual(JSON.parse(body).data.data);
          expect(outcome.value.version).toMatch(/^[1-9]\d*$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('of any content is a version that was written, or an error of ours', () => {
    fc.assert(
      fc.property(status, text, (code, body) => {
        const outcome = outcomeOf(() => confirmWritten('Writing', { status: code, body: parseBody(body) }));
        if ('error' in outcome) expect(CODES).toContain(outcome.error.code);
        else expect([code, JSON.parse(body).data.version]).toEqual([200, expect.any(Number)]);
      }),
      { numRuns: 2000 },
    );
  });

  test('of any content is a token that fits a header, or an error of ours', () => {
    fc.assert(
      fc.property(status, text, (code, body) => {
        const outcome = outcomeOf(() => readLease('The login', { status: code, body: parseBody(body) }));
        if ('error' in outcome) expect(CODES).toContain(outcome.error.code);
        else {
          expect(new Headers({ 'x-vault-token': outcome.value.token }).get('x-vault-token')).toBe(outcome.value.token);
          expect(outcome.value.seconds).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('of any content gives an error without a word of it', () => {
    const canary = fc.record({
      errors: fc.array(fc.constantFrom('canary', 'check-and-set parameter did not match canary')),
      data: fc.record({
        metadata: fc.record({ version: fc.nat(3), destroyed: fc.boolean(), deletion_time: fc.constant('canary') }),
      }),
    });
    fc.assert(
      fc.property(status, canary, (code, body) => {
        const error = readRefusal('Reading', { status: code, body });
        expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('canary');
      }),
    );
  });

  test('that is a secret keeps every value as it is, whatever its names', () => {
    const data = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')), fc.jsonValue());
    fc.assert(
      fc.property(data, fc.integer({ min: 1 }), (held, version) => {
        const body = parseBody(JSON.stringify({ data: { data: held, metadata: { version } } }));
        expect(readSecret('Reading', { status: 200, body })).toEqual({
          text: JSON.stringify(held),
          version: String(version),
        });
      }),
    );
  });

  test.each(['hvs.a b', 'hvs.a\r\nb', '', 'ü'])('has no token "%s", which no header can carry', (token) => {
    const body = { auth: { client_token: token, lease_duration: 60, renewable: true } };
    expect(() => readLease('The login', { status: 200, body })).toThrow('not of the documented form');
  });

  test('without an end is a token for good', () => {
    const body = { auth: { client_token: 'hvs.a', lease_duration: 0, renewable: false } };
    expect(readLease('The login', { status: 200, body })).toEqual({ token: 'hvs.a', seconds: 0, renewable: false });
  });
});
