import { afterEach, describe, expect, test } from '@jest/globals';
import { deriveBatchKey } from '../../functions/shared/batch-key.ts';
import {
  EDGE_WORKERS,
  type EdgeItem,
  type EdgeTokenRig,
  type EdgeTokenRigOptions,
  startEdgeTokenRig,
} from './support/edge-token-rig.ts';
import { openidKey } from './support/openid-provider.ts';

let rig: EdgeTokenRig | undefined;
afterEach(() => rig?.close());

async function start(options: EdgeTokenRigOptions): Promise<EdgeTokenRig> {
  rig = await startEdgeTokenRig(options);
  return rig;
}

function itemsOf({ item }: EdgeTokenRig): Promise<readonly (EdgeItem | undefined)[]> {
  return Promise.all(EDGE_WORKERS.map(item));
}

function failureOf(promise: Promise<void>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const BASIC = { authentication: 'client_secret_basic' } as const;

describe('an EdgeWorker of a certified OpenID provider', () => {
  test.each([
    { authentication: 'client_secret_basic' },
    { authentication: 'client_secret_post' },
    { authentication: 'private_key_jwt', alg: 'RS256' },
    { authentication: 'private_key_jwt', alg: 'PS256' },
    { authentication: 'private_key_jwt', alg: 'ES256' },
    { authentication: 'private_key_jwt', alg: 'EdDSA' },
  ] as const)('gets an access token by RFC 9068 of a client of its own: $authentication $alg', async (options) => {
    const { refresh, item, verify, master } = await start(options);

    await refresh();

    for (const id of EDGE_WORKERS) {
      const { token = '', ...rest } = (await item(id)) ?? {};
      const { payload } = await verify(token);
      const clientId = `edge worker/${id}+&:%`;
      expect(payload).toMatchObject({ client_id: clientId, sub: clientId, scope: 'write', jti: expect.any(String) });
      const { key, keyId } = deriveBatchKey(master[0], token);
      expect(rest).toEqual({
        v: 1,
        key: Buffer.from(key).toString('base64url'),
        keyId,
        notBefore: (payload.iat ?? 0) - 60,
        exp: payload.exp,
      });
      expect(payload.exp).toBe((payload.iat ?? 0) + 3_600);
    }
  });

  test('proves itself to whom the config names: the issuer takes its own name, and nobody else’s', async () => {
    const named = await start({
      authentication: 'private_key_jwt',
      tokens: ({ issuer }) => ({ assertionAudience: issuer }),
    });
    await named.refresh();
    expect(await named.item(11)).toBeDefined();
    await named.close();

    const other = await start({
      authentication: 'private_key_jwt',
      tokens: () => ({ assertionAudience: 'https://other.example/' }),
    });
    expect(String(await failureOf(other.refresh()))).toContain('status 401, invalid_client');
  });

  test('gets another token each time, also when the provider signs with another key', async () => {
    const { provider, refresh, item, verify } = await start(BASIC);
    await refresh();
    const before = (await item(11))?.token ?? '';

    provider.rotateKeys([openidKey('provider-2', 'ES256')]);
    await refresh();

    const after = (await item(11))?.token ?? '';
    expect((await verify(after)).protectedHeader).toMatchObject({ kid: 'provider-2', alg: 'ES256' });
    await expect(verify(before)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test.each([
    ['is down', 'unavailable', 'status 503'],
    ['cuts every connection', 'reset', 'no connection'],
  ] as const)('keeps its item while the provider %s, and gets a new one afterwards', async (_what, trouble, seen) => {
    const lab = await start(BASIC);
    await lab.refresh();
    const before = await itemsOf(lab);

    lab.provider.setTrouble(trouble);
    const failure = await failureOf(lab.refresh());
    const during = await itemsOf(lab);
    lab.provider.setTrouble('none');
    await lab.refresh();
    const after = await itemsOf(lab);

    expect(failure).toMatchObject({ code: 'EDGE_REFRESH_INCOMPLETE', tokens: [{}, {}], pushes: [] });
    expect(String(failure)).toContain(seen);
    expect(during).toEqual(before);
    for (const [index, item] of after.entries()) expect(item?.token).not.toBe(before[index]?.token);
    // Three times each where it failed.
    expect(lab.provider.requests.filter((request) => request === 'POST /token')).toHaveLength(2 + 6 + 2);
  });

  test('keeps its item while the provider’s keys cannot be read: nobody could tell whether the new token is good', async () => {
    const lab = await start(BASIC);
    await lab.refresh();
    const before = await itemsOf(lab);

    lab.provider.setTrouble('unavailable', '/jwks');
    const failure = await failureOf(lab.refresh());

    expect(failure).toMatchObject({ tokens: [{ fault: { code: 'KEY_SET_UNAVAILABLE', retryable: true } }, {}] });
    expect(await itemsOf(lab)).toEqual(before);
  });

  test('waits for a provider that is slow', async () => {
    const { provider, refresh, item } = await start(BASIC);
    provider.setTrouble({ delayMs: 100 }, '/token');

    await refresh();

    expect(await item(12)).toBeDefined();
    expect(provider.requests).toEqual(['POST /token', 'POST /token', 'GET /jwks']);
  });

  test('whose secret is another is named, and the others get theirs', async () => {
    const { refresh, item } = await start({
      ...BASIC,
      clients: { 11: { clientId: 'edge worker/11+&:%', clientSecret: 'of yesterday' } },
    });

    const failure = await failureOf(refresh());

    expect(String(failure)).toMatch(/^RefreshIncompleteError: EdgeWorker 11 has no new token: TOKEN_REQUEST_REFUSED: /);
    expect(String(failure)).toContain('status 401, invalid_client');
    expect(String(failure)).not.toContain('EdgeWorker 12');
    expect([await item(11), await item(12)]).toEqual([undefined, expect.objectContaining({ v: 1 })]);
  });

  test.each([
    ['no JWT', { provider: { tokenFormat: 'opaque' } }, 'TOKEN_OPAQUE'],
    ['no JWT, since no API was named', { tokens: () => ({ resource: undefined, scope: undefined }) }, 'TOKEN_OPAQUE'],
    [
      'a token for another API',
      { provider: { audience: 'https://other.example/' } },
      'TOKEN_NOT_TRUSTED: .*AUDIENCE_MISMATCH',
    ],
    ['a token of nobody whom the policy knows', { principals: {} }, 'TOKEN_NOT_TRUSTED: .*POLICY_DENIED'],
    [
      'a token with another algorithm than is believed',
      { provider: { keys: [openidKey('k', 'PS256')] } },
      'SIGNATURE_INVALID',
    ],
    ['a short life', { provider: { tokenLifetimeSeconds: 3_599 } }, 'TOKEN_LIFETIME_TOO_SHORT'],
    ['a life beyond the config', { provider: { tokenLifetimeSeconds: 7_200 } }, 'TOKEN_LIFETIME_TOO_LONG'],
    [
      'a token that no item holds',
      { provider: { extraClaims: { roles: 'x'.repeat(7_000) } } },
      'TOKEN_OPAQUE: .*at most 8192 bytes',
    ],
  ] as const)('gets nothing where the provider gives %s', async (_what, options, seen) => {
    const lab = await start({ ...BASIC, ...options });

    const failure = await failureOf(lab.refresh());

    expect(String(failure)).toMatch(new RegExp(`EdgeWorker 11 has no new token: .*${seen}.* EdgeWorker 12 has no`));
    expect(await itemsOf(lab)).toEqual([undefined, undefined]);
  });
});
