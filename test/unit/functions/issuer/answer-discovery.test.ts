import { describe, expect, test } from '@jest/globals';
import { discovery, keySet } from '../../../../functions/issuer/answer-discovery.ts';
import { rsaKey } from '../authorizer/sign-token.ts';

describe('discovery of the issuer', () => {
  test('names the issuer and its key set, and may be cached for five minutes', () => {
    const { body, headers, statusCode } = discovery('https://issuer.example');
    expect(statusCode).toBe(200);
    expect(headers?.['cache-control']).toBe('public, max-age=300');
    expect(JSON.parse(body ?? '')).toMatchObject({
      issuer: 'https://issuer.example',
      jwks_uri: 'https://issuer.example/.well-known/jwks.json',
    });
  });

  test('the key set holds the published keys in their order and nothing private', () => {
    const keys = [rsaKey('b').jwk, rsaKey('a').jwk];
    const { body, headers } = keySet(keys);
    expect(headers?.['cache-control']).toBe('public, max-age=300');
    expect(JSON.parse(body ?? '')).toEqual({ keys });
    expect(body).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
  });
});
