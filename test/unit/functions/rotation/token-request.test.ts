import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClientCredentials } from '../../../../config/edge-tokens-schema.ts';
import { tokenRequest } from '../../../../functions/rotation/token-request.ts';
import { clientKey } from './client-keys.ts';

const ENDPOINT: ClientCredentials = {
  tokenEndpoint: 'https://login.example.com/oauth/token',
  authentication: 'client_secret_basic',
};
const WHEN = { now: 1_800_000_000, id: 'one' };

function request(endpoint: Partial<ClientCredentials>, client = { clientId: 'edge', clientSecret: 'canary' }) {
  const { headers, body } = tokenRequest({ ...ENDPOINT, ...endpoint }, client, WHEN);
  return { headers, body: Object.fromEntries(body) };
}

/** A form-encoded text as a server reads it (RFC 6749 appendix B). */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

describe('a request for a token', () => {
  test('asks by client credentials, and for nothing that the config does not name', () => {
    expect(request({})).toEqual({
      headers: { accept: 'application/json', authorization: `Basic ${btoa('edge:canary')}` },
      body: { grant_type: 'client_credentials' },
    });
  });

  test('names scope, audience and resource as the issuer wants them', () => {
    const named = { scope: 'write read', audience: 'https://api.example/', resource: 'urn:edgehouse:ingest' };

    expect(request(named).body).toEqual({ grant_type: 'client_credentials', ...named });
  });

  test('by client_secret_post has the secret in its body and nowhere else', () => {
    const { headers, body } = request({ authentication: 'client_secret_post' });

    expect(headers).toEqual({ accept: 'application/json' });
    expect(body).toEqual({ grant_type: 'client_credentials', client_id: 'edge', client_secret: 'canary' });
  });

  test('by client_secret_basic encodes both halves before it joins them, as RFC 6749 appendix B shows', () => {
    const { headers } = request({}, { clientId: ' %&+£€', clientSecret: 'a:b c' });

    expect(atob(headers['authorization']?.slice('Basic '.length) ?? '')).toBe('+%25%26%2B%C2%A3%E2%82%AC:a%3Ab+c');
  });

  test('by client_secret_basic gives back whatever id and secret there are', () => {
    const visible = fc.string({ minLength: 1, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(visible, visible, (clientId, clientSecret) => {
        const { headers } = request({}, { clientId, clientSecret });
        const halves = atob(headers['authorization']?.slice('Basic '.length) ?? '').split(':');

        expect(halves.map(formDecode)).toEqual([clientId, clientSecret]);
      }),
    );
  });

  test.each([
    ['the token endpoint', undefined, ENDPOINT.tokenEndpoint],
    ['what the config names', 'https://login.example.com/', 'https://login.example.com/'],
  ])('by private_key_jwt is signed for %s', (_whom, assertionAudience, aud) => {
    const { body } = tokenRequest(
      { ...ENDPOINT, authentication: 'private_key_jwt', assertionAudience },
      { clientId: 'edge', key: clientKey('ES256') },
      WHEN,
    );
    const payload = body.get('client_assertion')?.split('.')[1] ?? '';

    expect(body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(body.get('client_id')).toBe('edge');
    expect(body.has('client_secret')).toBe(false);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud, jti: 'one' });
  });
});
