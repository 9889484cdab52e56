import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { createAuthorize } from '../../../../functions/authorizer/authorize.ts';
import { trustedIssuers } from '../../../../functions/authorizer/trusted-issuer.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import { readIdentity } from '../../../../functions/shared/identity.ts';
import { authorizerEvent } from '../../../../local/gateway/gateway-events.ts';
import { CLAIMS, HEADER, ISSUER, keySetOf, NOW, rsaKey, signRs256 } from './sign-token.ts';

const BUILTIN = rsaKey('a');
const AUTH0 = rsaKey('a');
const URL = 'https://tenant.eu.auth0.com/';
const ALLOW = [{ write: ['hits'], sources: ['ew/1/*'] }];
const CONFIG = parseConfig({
  streams: { hits: {} },
  issuers: [
    { kind: 'builtin', audience: ISSUER.audience },
    { url: URL, audience: ISSUER.audience, provider: 'auth0' },
  ],
  principals: {
    web: { issuer: 'builtin', claims: { sub: 'ew:1' }, allow: ALLOW },
    partner: { issuer: URL, claims: { azp: 'client-1' }, allow: ALLOW },
  },
});
const AUTH0_CLAIMS = {
  ...CLAIMS,
  iss: URL,
  sub: 'client-1@clients',
  azp: 'client-1',
  client_id: undefined,
  jti: undefined,
};

async function ask(token: string) {
  const lines: AuditLine[] = [];
  const asked: string[] = [];
  const authorize = createAuthorize({
    config: CONFIG,
    issuers: trustedIssuers(CONFIG.issuers, { issuer: ISSUER.issuer, keySetUrl: 'https://issuer.example/jwks.json' }),
    keySetFor: async ({ keySetUrl, name }) => {
      asked.push(keySetUrl);
      return keySetOf(name === 'builtin' ? BUILTIN : AUTH0);
    },
    clock: () => NOW * 1_000,
    audit: (line) => lines.push(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  const headers = { authorization: `Bearer ${token}` };
  const request = { method: 'POST', path: '/', rawQueryString: '', query: {}, cookies: [], headers };
  const facts = { requestId: 'r1', routeKey: 'POST /', parameters: {}, timeEpoch: 0 };
  const parsed = { ...request, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', body: Buffer.alloc(0) };
  const answer = await authorize(authorizerEvent(parsed, facts, [headers.authorization]));
  return { answer, lines, asked };
}

describe('authorizer of several issuers', () => {
  test('knows each principal by the issuer that vouches for it', async () => {
    const web = await ask(signRs256(HEADER, CLAIMS, BUILTIN.privateKey));
    const partner = await ask(signRs256({ ...HEADER, typ: 'JWT' }, AUTH0_CLAIMS, AUTH0.privateKey));

    expect(web.answer.context).toMatchObject({ principal: 'web', iss: ISSUER.issuer });
    expect(partner.answer.context).toMatchObject({ principal: 'partner', iss: URL, clientId: 'client-1' });
    expect([web.asked, partner.asked]).toEqual([
      ['https://issuer.example/jwks.json'],
      ['https://tenant.eu.auth0.com/.well-known/jwks.json'],
    ]);
  });

  test('lets no issuer sign for the principal of another', async () => {
    const forged = { ...AUTH0_CLAIMS, sub: 'ew:1', azp: 'client-2' };

    const { answer, lines } = await ask(signRs256({ ...HEADER, typ: 'JWT' }, forged, AUTH0.privateKey));

    expect(answer).toEqual({ isAuthorized: false });
    expect(lines).toEqual([
      expect.objectContaining({ code: 'POLICY_DENIED', identity: expect.objectContaining({ iss: URL, sub: 'ew:1' }) }),
    ]);
  });

  test('asks the keys of the issuer that the token names, and of no other', async () => {
    const { answer, lines, asked } = await ask(signRs256(HEADER, CLAIMS, AUTH0.privateKey));

    expect(answer).toEqual({ isAuthorized: false });
    expect(lines).toEqual([expect.objectContaining({ code: 'SIGNATURE_INVALID', identity: {} })]);
    expect(asked).toEqual(['https://issuer.example/jwks.json']);
  });

  test('names the relaxations that a token needed, in the audit line and to ingest', async () => {
    const { answer, lines } = await ask(signRs256({ ...HEADER, typ: 'JWT' }, AUTH0_CLAIMS, AUTH0.privateKey));
    const strict = await ask(signRs256(HEADER, { ...AUTH0_CLAIMS, jti: 'one' }, AUTH0.privateKey));

    expect(readIdentity(answer.context)).toMatchObject({ relaxations: 'typ-jwt no-jti', jti: '' });
    expect(lines).toEqual([
      expect.objectContaining({ identity: expect.objectContaining({ relaxations: 'typ-jwt no-jti' }) }),
    ]);
    expect(strict.answer.context).not.toHaveProperty('relaxations');
  });

  test('names them too, and the client, where the caller is refused in the end', async () => {
    const typ = { ...HEADER, typ: 'JWT' };
    const nobody = await ask(signRs256(typ, { ...AUTH0_CLAIMS, azp: 'client-2' }, AUTH0.privateKey));
    const old = await ask(signRs256(typ, { ...AUTH0_CLAIMS, iat: NOW - 100, exp: NOW - 40 }, AUTH0.privateKey));

    expect(nobody.lines).toEqual([
      expect.objectContaining({
        code: 'POLICY_DENIED',
        identity: expect.objectContaining({ clientId: 'client-2', relaxations: 'typ-jwt no-jti' }),
      }),
    ]);
    expect(old.lines).toEqual([
      expect.objectContaining({
        code: 'TOKEN_EXPIRED',
        identity: { iss: URL, kid: 'a', sub: 'client-1@clients', clientId: 'client-1' },
      }),
    ]);
  });

  test('tells by how much the clocks differ where a token is taken only within the tolerance', async () => {
    const old = await ask(signRs256(HEADER, { ...CLAIMS, iat: NOW - 60, exp: NOW - 12 }, BUILTIN.privateKey));
    const early = await ask(signRs256(HEADER, { ...CLAIMS, iat: NOW + 9 }, BUILTIN.privateKey));
    const good = await ask(signRs256(HEADER, CLAIMS, BUILTIN.privateKey));

    expect(old.lines).toEqual([expect.objectContaining({ decision: 'allow', skewSeconds: 12 })]);
    expect(early.lines).toEqual([expect.objectContaining({ decision: 'allow', skewSeconds: -9 })]);
    expect(good.lines[0]).not.toHaveProperty('skewSeconds');
  });

  test('names whose token it was that is too old, and not who only claims to be somebody', async () => {
    const old = { ...CLAIMS, iat: NOW - 100, exp: NOW - 40 };
    const proven = await ask(signRs256(HEADER, old, BUILTIN.privateKey));
    const forged = await ask(signRs256(HEADER, old, AUTH0.privateKey));

    expect(proven.lines).toEqual([
      expect.objectContaining({
        code: 'TOKEN_EXPIRED',
        identity: { iss: ISSUER.issuer, kid: 'a', sub: 'ew:1', clientId: 'ew:1', jti: 'one' },
      }),
    ]);
    expect(forged.lines).toEqual([expect.objectContaining({ code: 'SIGNATURE_INVALID', identity: {} })]);
  });
});
