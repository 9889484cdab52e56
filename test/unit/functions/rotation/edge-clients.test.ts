import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClientAuthentication } from '../../../../config/edge-tokens-schema.ts';
import { EdgeClientInvalidError, edgeClientOf, parseEdgeClients } from '../../../../functions/rotation/edge-clients.ts';
import { clientKeyPair, pemOf } from './client-keys.ts';

const WITH_SECRET = { clientId: 'edge', clientSecret: 'canary secret' };
const PEM = pemOf(clientKeyPair('RS256').privateKey);
const JWK = clientKeyPair('ES256').privateKey.export({ format: 'jwk' });

function read(entry: unknown, authentication: ClientAuthentication = 'private_key_jwt'): unknown {
  try {
    return edgeClientOf(parseEdgeClients(JSON.stringify({ 12345: entry })), 12345, authentication);
  } catch (error) {
    return error;
  }
}

function withKey(privateKey: unknown, members: object = {}): unknown {
  return read({ clientId: 'edge', privateKey, ...members });
}

describe('the secret of the EdgeWorkers’ clients', () => {
  test.each(['client_secret_basic', 'client_secret_post'] as const)(
    'has an id and a secret for %s',
    (authentication) => {
      expect(read(WITH_SECRET, authentication)).toEqual(WITH_SECRET);
    },
  );

  test.each([
    ['RSA in PEM', PEM, {}, 'RS256', undefined],
    ['RSA in PEM with another algorithm', PEM, { alg: 'PS256', kid: 'k1' }, 'PS256', 'k1'],
    ['EC as a JWK', JWK, {}, 'ES256', undefined],
    ['EC as a JWK that says who it is', { ...JWK, kid: 'k2', alg: 'ES256', use: 'sig' }, {}, 'ES256', 'k2'],
    ['Ed25519 in PEM', pemOf(clientKeyPair('EdDSA').privateKey), { kid: 'k3' }, 'EdDSA', 'k3'],
  ])('has a key for private_key_jwt: %s', (_what, key, members, alg, kid) => {
    expect(withKey(key, members)).toMatchObject({ clientId: 'edge', key: { alg, kid } });
  });

  test.each([
    ['nothing', undefined, 'has no object in it'],
    ['a list', [WITH_SECRET], 'has no object in it'],
    ['no id', { clientSecret: 'canary' }, 'has no `clientId`'],
    ['an id with a line end', { ...WITH_SECRET, clientId: 'canary\n' }, 'has no `clientId`'],
    ['an empty secret', { ...WITH_SECRET, clientSecret: '' }, 'has no `clientSecret`'],
    ['a secret that is no text', { ...WITH_SECRET, clientSecret: 7 }, 'has no `clientSecret`'],
    ['a member too many', { ...WITH_SECRET, canary: 1 }, 'has a member besides clientId, clientSecret'],
    ['a key too', { ...WITH_SECRET, privateKey: PEM }, 'has a member besides clientId, clientSecret'],
  ])('that has %s for an EdgeWorker names it and nothing of it', (_what, entry, seen) => {
    const refusal = read(entry, 'client_secret_basic');

    expect(refusal).toMatchObject({ code: 'EDGE_CLIENT_INVALID', retryable: false });
    expect(String(refusal)).toContain(`EdgeWorker 12345 ${seen}`);
    expect(String(refusal)).not.toContain('canary');
  });

  test.each([
    ['a text', 'canary', 'neither PKCS #8 in PEM without a passphrase nor a private JWK'],
    ['nothing', undefined, 'neither PKCS #8'],
    ['PKCS #1', clientKeyPair('RS256').privateKey.export({ type: 'pkcs1', format: 'pem' }), 'neither PKCS #8'],
    [
      'PKCS #8 under a passphrase',
      clientKeyPair('RS256').privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-128-cbc',
        passphrase: 'a',
      }),
      'neither PKCS #8',
    ],
    ['the public half', clientKeyPair('ES256').publicKey.export({ format: 'jwk' }), 'neither PKCS #8'],
    ['a shared secret', { kty: 'oct', k: 'canary' }, 'neither PKCS #8'],
    ['a JWK with a member of another type', { ...JWK, d: ['canary'] }, 'neither PKCS #8'],
    [
      'RSA of 1024 bits',
      pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      'is not RSA of 2048 bits or more, EC P-256 or Ed25519',
    ],
    ['EC P-384', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'is not RSA of 2048 bits'],
    ['X25519', pemOf(generateKeyPairSync('x25519').privateKey), 'is not RSA of 2048 bits'],
    ['a JWK for something else', { ...JWK, alg: 'ES384' }, 'cannot sign as its `alg` says; it can do ES256'],
  ])('takes no key that is %s', (_what, key, seen) => {
    const refusal = withKey(key);

    expect(refusal).toBeInstanceOf(EdgeClientInvalidError);
    expect(String(refusal)).toContain(
      `EdgeWorker 12345 has a \`privateKey\` that ${seen.replace(/^neither/, 'is neither')}`,
    );
    expect(String(refusal)).not.toContain('canary');
  });

  test('takes no algorithm that the key cannot do, and no name that it does not have', () => {
    expect(String(withKey(PEM, { alg: 'ES256' }))).toContain('cannot sign as its `alg` says; it can do RS256 or PS256');
    expect(String(withKey({ ...JWK, alg: 'ES256' }, { alg: 'RS256' }))).toContain('names another `alg` or `kid`');
    expect(String(withKey({ ...JWK, kid: 'a' }, { kid: 'b' }))).toContain('names another `alg` or `kid`');
  });

  test.each([
    ['no JSON', 'canary', 'it is not a JSON object'],
    ['a list', '[]', 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    ['another name', '{"canary":{}}', 'a member is named otherwise than by an EdgeWorker id'],
    ['an id with a zero in front', '{"012":{}}', 'a member is named otherwise'],
  ])('that is %s says so as a whole', (_what, secret, seen) => {
    expect(() => parseEdgeClients(secret)).toThrow(`The secret of the EdgeWorkers' clients is unusable: ${seen}`);
    expect(() => parseEdgeClients(secret)).not.toThrow('canary');
  });

  test('of any content is read or refused, and a refusal quotes nothing of it', () => {
    const member = fc.constantFrom('clientId', 'clientSecret', 'privateKey', 'kid', 'alg', 'other');
    const value = fc.oneof(fc.constant('canary'), fc.constant(PEM), fc.constant(JWK), fc.jsonValue());
    const entry = fc.oneof(fc.dictionary(member, value), fc.jsonValue());
    const how = fc.constantFrom('client_secret_basic', 'client_secret_post', 'private_key_jwt');
    fc.assert(
      fc.property(entry, how, (given, authentication) => {
        const outcome = read(given, authentication);
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(EdgeClientInvalidError);
        expect(outcome.message).not.toContain('canary');
      }),
    );
  });
});
