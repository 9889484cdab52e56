import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { createAuthorize } from '../../../../functions/authorizer/authorize.ts';
import { KeySetUnavailableError } from '../../../../functions/authorizer/key-set-unavailable-error.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import { authorizerEvent } from '../../../../local/gateway/gateway-events.ts';
import { CLAIMS, HEADER, ISSUER, keySetOf, NOW, rsaKey, signRs256 } from './sign-token.ts';

const KEY = rsaKey('a');
const CONFIG = parseConfig({
  streams: { hits: {} },
  principals: { web: { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] } },
});

function ask(authorization: string | undefined, down = false) {
  const lines: AuditLine[] = [];
  const authorize = createAuthorize({
    config: CONFIG,
    issuers: [ISSUER],
    keySetFor: async () => {
      if (down) throw new KeySetUnavailableError('https://issuer.example/jwks.json', 'no answer');
      return keySetOf(KEY);
    },
    clock: () => NOW * 1_000,
    audit: (line) => lines.push(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  const headers = authorization === undefined ? {} : { authorization };
  const request = {
    method: 'POST',
    path: '/v1/streams/hits/batches',
    rawQueryString: '',
    query: {},
    cookies: [],
    headers,
  };
  const facts = { requestId: 'r1', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 };
  const event = authorizerEvent(
    { ...request, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', body: Buffer.alloc(0) },
    facts,
    [authorization ?? ''],
  );
  return { lines, answer: authorize(event) };
}

function tokenFor(sub: string): string {
  return signRs256(HEADER, { ...CLAIMS, sub }, KEY.privateKey);
}

describe('authorizer', () => {
  test('says who a caller is and nothing else', async () => {
    const { answer, lines } = ask(`Bearer ${tokenFor('ew:1')}`);
    const identity = {
      principal: 'web',
      auth: 'token',
      iss: ISSUER.issuer,
      sub: 'ew:1',
      clientId: 'ew:1',
      jti: 'one',
      kid: 'a',
      exp: CLAIMS.exp,
      iat: CLAIMS.iat,
    };
    expect(await answer).toEqual({ isAuthorized: true, context: identity });
    expect(lines).toEqual([expect.objectContaining({ decision: 'allow', identity, requestId: 'r1' })]);
  });

  test.each([
    [undefined, 'TOKEN_MISSING'],
    ['Basic YTpi', 'TOKEN_MALFORMED'],
    ['Bearer a.b.c', 'TOKEN_MALFORMED'],
    [`Bearer ${tokenFor('ew:2')}`, 'POLICY_DENIED'],
  ])('refuses %.12s with nothing but no, and tells the audit line why', async (authorization, code) => {
    const { answer, lines } = ask(authorization);
    expect(await answer).toEqual({ isAuthorized: false });
    expect(lines).toEqual([expect.objectContaining({ decision: 'deny', code, policyHash: CONFIG.policyHash })]);
  });

  test('tells by how much the clocks differ where a time is refused', async () => {
    const expired = signRs256(HEADER, { ...CLAIMS, iat: NOW - 100, exp: NOW - 40 }, KEY.privateKey);
    const { answer, lines } = ask(`Bearer ${expired}`);
    expect(await answer).toEqual({ isAuthorized: false });
    expect(lines).toEqual([expect.objectContaining({ code: 'TOKEN_EXPIRED', skewSeconds: 40 })]);
  });

  test('throws while the key set cannot be had, so that no denial is cached', async () => {
    const { answer, lines } = ask(`Bearer ${tokenFor('ew:1')}`, true);
    await expect(answer).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
    const why = { code: 'KEY_SET_UNAVAILABLE', detail: expect.stringContaining('no answer') };
    expect(lines).toEqual([expect.objectContaining({ decision: 'error', ...why })]);
  });

  test('writes no part of a token', async () => {
    const token = tokenFor('ew:1');
    for (const sent of [token, `${token.slice(0, -4)}AAAA`, tokenFor('ew:2')]) {
      const { answer, lines } = ask(`Bearer ${sent}`);
      await answer;
      for (const piece of sent.split('.')) expect(JSON.stringify(lines)).not.toContain(piece);
    }
  });
});
