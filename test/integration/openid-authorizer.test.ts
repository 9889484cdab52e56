import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import { createAuthorize } from '../../functions/authorizer/authorize.ts';
import { createKeySetCache } from '../../functions/authorizer/key-set.ts';
import { reportKeySets } from '../../functions/authorizer/report-key-sets.ts';
import { trustedIssuers } from '../../functions/authorizer/trusted-issuer.ts';
import type { AuditLine } from '../../functions/shared/audit.ts';
import { authorizerEvent } from '../../local/gateway/gateway-events.ts';
import {
  type OpenidAlgorithm,
  type OpenidProvider,
  openidKey,
  startOpenidProvider,
} from './support/openid-provider.ts';
import { AUDIENCE, askForToken, BASIC_CLIENT, JWT_CLIENT } from './support/openid-tokens.ts';

const MINUTE = 60_000;

const open: OpenidProvider[] = [];
afterEach(async () => {
  for (const provider of open.splice(0)) await provider.close();
});

/** An authorizer that believes a real OpenID provider, with a clock of its own that runs ahead of the provider's. */
async function start(options: Partial<Parameters<typeof startOpenidProvider>[0]> = {}) {
  const provider = await startOpenidProvider({
    clients: [BASIC_CLIENT, JWT_CLIENT],
    audience: AUDIENCE,
    tokenLifetimeSeconds: 4 * 3_600,
    ...options,
  });
  open.push(provider);
  const config = parseConfig({
    streams: { hits: {} },
    issuers: [
      {
        url: provider.issuer,
        audience: AUDIENCE,
        keySetUrl: provider.keySetUrl,
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        scope: 'write',
      },
    ],
    principals: {
      basic: { claims: { client_id: BASIC_CLIENT.clientId }, allow: [{ write: ['hits'], sources: ['a'] }] },
      signing: { claims: { client_id: JWT_CLIENT.clientId }, allow: [{ write: ['hits'], sources: ['b'] }] },
    },
  });
  const state = { ahead: 0 };
  const clock = () => Date.now() + state.ahead;
  const lines: AuditLine[] = [];
  const counted: string[] = [];
  const telemetry = { count: (name: string) => void counted.push(name), warn: () => undefined };
  const keySet = createKeySetCache({ fetch, clock, random: () => 0, ...reportKeySets(telemetry) });
  const authorize = createAuthorize({
    config,
    issuers: trustedIssuers(config.issuers, { issuer: 'https://unused.example', keySetUrl: 'https://unused.example' }),
    keySetFor: ({ keySetUrl }, kid) => keySet(keySetUrl, kid),
    clock,
    audit: (line) => lines.push(line),
    telemetry,
  });
  /** The principal, or the code of the refusal; throws what the gateway would answer with 500. */
  const ask = async (token: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    const request = { method: 'POST', path: '/', rawQueryString: '', query: {}, cookies: [], headers };
    const facts = { requestId: randomUUID(), routeKey: 'POST /', parameters: {}, timeEpoch: 0 };
    const parsed = { ...request, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', body: Buffer.alloc(0) };
    const answer = await authorize(authorizerEvent(parsed, facts, [headers.authorization]));
    const line = lines.at(-1);
    return answer.context?.principal ?? (line?.audit === 'identity' ? (line.code ?? '') : '');
  };
  const keySetReads = () => provider.requests.filter((request) => request === 'GET /jwks').length;
  return { provider, state, ask, counted, lines, keySetReads };
}

describe('tokens of a certified OpenID provider', () => {
  test.each([
    ['a client secret', BASIC_CLIENT, 'basic'],
    ['a signed assertion', JWT_CLIENT, 'signing'],
  ])('got by %s are taken, strictly by RFC 9068', async (_how, client, principal) => {
    const { provider, ask, lines } = await start();

    const token = await askForToken(provider, client);

    expect(await ask(token)).toBe(principal);
    expect(lines).toEqual([
      expect.objectContaining({
        decision: 'allow',
        identity: expect.objectContaining({ iss: provider.issuer, clientId: client.clientId, kid: 'provider-1' }),
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('identity.relaxations');
  });

  test.each<OpenidAlgorithm>(['RS256', 'PS256', 'ES256', 'EdDSA'])('signed with %s are taken', async (alg) => {
    const { provider, ask } = await start({ keys: [openidKey('k', alg)] });

    expect(await ask(await askForToken(provider, BASIC_CLIENT))).toBe('basic');
  });

  test('cost one reading of its keys, however many come at once', async () => {
    const { provider, ask, keySetReads } = await start();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => askForToken(provider, BASIC_CLIENT)));

    const answers = await Promise.all(tokens.map(ask));

    expect(new Set(answers)).toEqual(new Set(['basic']));
    expect(keySetReads()).toBe(1);
  });

  test('of another audience are refused', async () => {
    const { provider, ask } = await start({ audience: 'https://other.example/api' });

    const token = await askForToken(provider, BASIC_CLIENT, 'https://other.example/api');

    expect(await ask(token)).toBe('AUDIENCE_MISMATCH');
  });

  test('of another provider are refused without a question to it', async () => {
    const mine = await start();
    const other = await start();

    expect(await mine.ask(await askForToken(other.provider, BASIC_CLIENT))).toBe('ISSUER_UNKNOWN');
    expect(other.keySetReads()).toBe(0);
  });
});

describe('when the provider changes its keys', () => {
  test('the new key is taken after half a minute, and the withdrawn one refused within ten', async () => {
    const { provider, state, ask } = await start({ keys: [openidKey('old')] });
    const old = await askForToken(provider, BASIC_CLIENT);
    expect(await ask(old)).toBe('basic');

    provider.rotateKeys([openidKey('new')]);
    const renewed = await askForToken(provider, BASIC_CLIENT);
    state.ahead = MINUTE;

    expect(await ask(renewed)).toBe('basic');
    expect(await ask(old)).toBe('KEY_UNKNOWN');
  });

  test('the withdrawn one is refused after ten minutes though nobody asks for the new one', async () => {
    const { provider, state, ask } = await start({ keys: [openidKey('old')] });
    const old = await askForToken(provider, BASIC_CLIENT);
    expect(await ask(old)).toBe('basic');

    provider.rotateKeys([openidKey('new')]);
    state.ahead = 9 * MINUTE;
    expect(await ask(old)).toBe('basic');
    state.ahead = 10 * MINUTE + 1_000;
    expect(await ask(old)).toBe('KEY_UNKNOWN');
  });

  test('another key under the old name is believed as soon as it is read', async () => {
    const { provider, state, ask } = await start({ keys: [openidKey('same')] });
    const old = await askForToken(provider, BASIC_CLIENT);
    expect(await ask(old)).toBe('basic');

    provider.rotateKeys([openidKey('same')]);
    state.ahead = 10 * MINUTE + 1_000;

    expect(await ask(old)).toBe('SIGNATURE_INVALID');
    expect(await ask(await askForToken(provider, BASIC_CLIENT))).toBe('basic');
  });
});

describe('when the provider does not answer', () => {
  test.each(['unavailable', 'reset'] as const)(
    'its last keys serve for an hour, then it is no denial: %s',
    async (trouble) => {
      const { provider, state, ask, counted } = await start();
      const token = await askForToken(provider, BASIC_CLIENT);
      expect(await ask(token)).toBe('basic');

      provider.setTrouble(trouble);
      for (const minutes of [11, 30, 59]) {
        state.ahead = minutes * MINUTE;
        expect(await ask(token)).toBe('basic');
      }
      expect(counted.filter((name) => name === 'KeySetStale')).toHaveLength(3);
      state.ahead = 61 * MINUTE;
      await expect(ask(token)).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });

      provider.setTrouble('none');
      state.ahead = 62 * MINUTE;
      expect(await ask(token)).toBe('basic');
    },
  );

  test('a cold authorizer throws, asks once, and denies nobody', async () => {
    const { provider, ask, lines, keySetReads } = await start();
    const token = await askForToken(provider, BASIC_CLIENT);
    provider.setTrouble('unavailable');

    const answers = await Promise.allSettled(Array.from({ length: 200 }, () => ask(token)));

    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(new Set(lines.map((line) => 'decision' in line && line.decision))).toEqual(new Set(['error']));
    expect(keySetReads()).toBe(1);
  });

  test.each([{ delayMs: 2_500 }, 'silence'] as const)(
    'an answer later than two seconds is none, and the gateway need not wait for it: %j',
    async (trouble) => {
      const { provider, ask } = await start();
      const token = await askForToken(provider, BASIC_CLIENT);
      provider.setTrouble(trouble, '/jwks');
      const began = performance.now();

      await expect(ask(token)).rejects.toThrow('no answer in time');

      expect(performance.now() - began).toBeLessThan(4_500);
    },
  );
});
