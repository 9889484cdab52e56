import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Identity, readIdentity } from '../../../../functions/shared/identity.ts';

const KNOWN = { principal: 'web', exp: 1_763_888_400, iat: 1_763_884_800 };
const TOKEN = { iss: 'https://issuer.example', sub: 'ew:1', clientId: 'ew:1', jti: 'one', kid: 'a' };
const CERTIFICATE = { spki: 'a'.repeat(64), serial: 'A1B' };

const IDENTITIES: readonly Identity[] = [
  { ...KNOWN, auth: 'token', ...TOKEN },
  { ...KNOWN, auth: 'token', ...TOKEN, ...CERTIFICATE, relaxations: 'no-jti' },
  { ...KNOWN, auth: 'certificate', ...CERTIFICATE },
  { ...KNOWN, auth: 'both', ...TOKEN, ...CERTIFICATE },
  { principal: 'web', exp: 1, auth: 'certificate', ...CERTIFICATE },
];

describe('the identity that the gateway hands over', () => {
  test('is the one that the authorizer proved, also where times came as text', () => {
    const asText = IDENTITIES.map((identity) => ({
      ...identity,
      exp: String(identity.exp),
      ...(identity.iat === undefined ? {} : { iat: String(identity.iat) }),
    }));

    expect(IDENTITIES.map(readIdentity)).toEqual(IDENTITIES);
    expect(asText.map(readIdentity)).toEqual(IDENTITIES);
  });

  test('is nobody’s where any part of its proof is missing or of another type', () => {
    const parts = (identity: Identity) =>
      Object.keys(identity.auth === 'token' ? { ...KNOWN, ...TOKEN, auth: 'token' } : identity);
    const broken = IDENTITIES.flatMap((identity) =>
      parts(identity).flatMap((name) => [null, true, {}].map((value) => ({ ...identity, [name]: value }))),
    );

    expect(broken.map(readIdentity)).toEqual(broken.map(() => undefined));
  });

  test('is of one of the three kinds, whatever comes', () => {
    const field = fc.oneof(fc.string(), fc.integer(), fc.constant(undefined), fc.constant('a'.repeat(64)));
    const names = [...Object.keys(KNOWN), ...Object.keys(TOKEN), ...Object.keys(CERTIFICATE), 'relaxations'];
    const context = fc.record({
      ...Object.fromEntries(names.map((name) => [name, field])),
      auth: fc.constantFrom('token', 'certificate', 'both', 'none', undefined),
    });
    fc.assert(
      fc.property(fc.oneof(context, fc.anything()), (value) => {
        const identity = readIdentity(value);
        if (identity === undefined) return;
        expect(['token', 'certificate', 'both']).toContain(identity.auth);
        expect(readIdentity(identity)).toEqual(identity);
      }),
    );
  });
});
