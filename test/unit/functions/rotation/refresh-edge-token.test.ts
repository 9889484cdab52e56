import { createHash, createHmac, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../../../config/parse-config.ts';
import { verifyToken } from '../../../../functions/authorizer/verify-token.ts';
import { createBuiltinTokenSource } from '../../../../functions/rotation/builtin-token-source.ts';
import { EdgeClientInvalidError } from '../../../../functions/rotation/edge-clients.ts';
import { EdgeKvError } from '../../../../functions/rotation/edge-kv-error.ts';
import { refreshEdgeTokens } from '../../../../functions/rotation/refresh-edge-token.ts';
import { RefreshIncompleteError } from '../../../../functions/rotation/refresh-error.ts';
import type { IssuedToken } from '../../../../functions/rotation/token-source.ts';
import { ISSUER, keySetOf, NOW, rsaKey } from '../authorizer/sign-token.ts';

const KEY = rsaKey('a');
const MASTER = [{ version: 3, key: Buffer.alloc(32, 7) }] as const;
const { edge: EDGE } = parseConfig({ streams: { hits: {} }, edge: { edgeWorkerIds: [11, 12] } });

type Puts = (place: string) => Promise<void>;

async function refresh(idLength = 36, edge = EDGE, taken: Puts = async () => undefined) {
  const puts: { readonly place: string; readonly value: string }[] = [];
  let ids = 0;
  const refreshed = await refreshEdgeTokens({
    edge,
    tokens: createBuiltinTokenSource({
      ...ISSUER,
      lifetimeSeconds: edge.tokenLifetimeMinutes * 60,
      signer: {
        kid: 'a',
        sign: async (bytes) => sign('sha256', bytes, KEY.privateKey),
      },
      clock: () => NOW * 1_000 + 999,
      newId: () => `${ids++}`.padEnd(idLength, 'x'),
    }),
    master: MASTER,
    edgeKv: {
      put: async (network, namespace, group, item, value) => {
        puts.push({ place: `${network}/${namespace}/${group}/${item}`, value });
        await taken(`${network}/${item}`);
      },
    },
  });
  return { puts, refreshed };
}

/** HKDF-SHA-256 by RFC 5869 with one block of output and an empty salt. */
function hkdf(master: Uint8Array, info: string): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(master).digest();
  return createHmac('sha256', extracted)
    .update(info)
    .update(Buffer.from([1]))
    .digest();
}

describe('refreshing edge tokens', () => {
  test('writes one item an EdgeWorker to each network', async () => {
    const { puts } = await refresh();
    expect(puts.map(({ place }) => place).sort()).toEqual([
      'production/edgehouse/credentials/11',
      'production/edgehouse/credentials/12',
      'staging/edgehouse/credentials/11',
      'staging/edgehouse/credentials/12',
    ]);
    expect(new Set(puts.map(({ value }) => value)).size).toBe(2);
  });

  test('writes the item of the contract: its token verifies and its key is the one that belongs to the token', async () => {
    for (const { place, value } of (await refresh()).puts) {
      const item: unknown = JSON.parse(value);
      const token = /"token":"([^"]+)"/.exec(value)?.[1] ?? '';
      const hash = createHash('sha256').update(token).digest('base64url');
      expect(item).toEqual({
        v: 1,
        token,
        key: hkdf(MASTER[0].key, `edgehouse batch key v1\n${hash}`).toString('base64url'),
        keyId: `3.${hash.slice(0, 16)}`,
        notBefore: NOW - 60,
        exp: NOW + 3_600,
      });
      const verified = await verifyToken(token, {
        issuers: [ISSUER],
        keySetFor: async () => keySetOf(KEY),
        now: NOW - 60 + 30,
      });
      expect(verified).toMatchObject({ sub: `ew:${place.slice(-2)}`, exp: NOW + 3_600, claims: { scope: 'write' } });
    }
  });

  test('says how many tokens there are and when the first expires', async () => {
    expect((await refresh()).refreshed).toMatchObject({ tokens: 2, earliestExp: NOW + 3_600 });
    const nobody = await refresh(36, { ...EDGE, edgeWorkerIds: [] });
    expect(nobody.refreshed).toEqual({ tokens: 0, earliestExp: undefined, pushed: [] });
  });

  test('an item that EdgeKV would not serve is not written', async () => {
    const places: string[] = [];
    const refused = refresh(12_000, EDGE, async (place) => void places.push(place));

    await expect(refused).rejects.toMatchObject({
      code: 'EDGE_REFRESH_INCOMPLETE',
      pushes: expect.arrayContaining([
        { network: 'staging', item: '11', fault: expect.objectContaining({ code: 'EDGE_ITEM_TOO_LARGE' }) },
      ]),
    });
    expect(places).toEqual([]);
  });

  test('a network that takes nothing keeps no item from the other, and is named at the end with the reason', async () => {
    const tried: string[] = [];
    const refused = refresh(36, EDGE, async (place) => {
      tried.push(place);
      if (place.startsWith('staging')) throw new EdgeKvError(place, { status: 404, errorCode: 'EKV_9000' });
    });

    const failure = await refused.catch((error: unknown) => error);

    expect(tried.sort()).toEqual(['production/11', 'production/12', 'staging/11', 'staging/12']);
    expect(failure).toBeInstanceOf(RefreshIncompleteError);
    expect(String(failure)).toMatch(/did not take 2 of 4 items\. .*staging\/11: .*status 404, EKV_9000.*staging\/12: /);
    expect(String(failure)).not.toContain('production');
  });

  test('whichever pushes fail, every other is made, and exactly those that failed are told', async () => {
    const places = EDGE.networks.flatMap((network) => EDGE.edgeWorkerIds.map((id) => `${network}/${id}`));
    await fc.assert(
      fc.asyncProperty(fc.subarray(places), async (failing) => {
        const taken: string[] = [];
        const outcome = await refresh(36, EDGE, async (place) => {
          if (failing.includes(place)) throw new TypeError('canary');
          taken.push(place);
        }).catch((error: unknown) => error);

        expect([...taken, ...failing].sort()).toEqual([...places].sort());
        const told = outcome instanceof RefreshIncompleteError ? outcome.pushes : [];
        expect(told.map(({ network, item }) => `${network}/${item}`).sort()).toEqual([...failing].sort());
        // Words of others may quote the item.
        expect(String(outcome)).not.toContain('canary');
      }),
      { numRuns: 20 },
    );
  });

  test('a token that would not outlive three missed refreshes is pushed nowhere', async () => {
    const places: string[] = [];
    const edge = { ...EDGE, tokenLifetimeMinutes: 59, refreshMinutes: 15 };

    const refused = refresh(36, edge, async (place) => void places.push(place));

    await expect(refused).rejects.toMatchObject({
      tokens: [11, 12].map((edgeWorkerId) => ({
        edgeWorkerId,
        fault: expect.objectContaining({ code: 'TOKEN_LIFETIME_TOO_SHORT', retryable: false }),
      })),
      pushes: [],
    });
    await expect(refused).rejects.toThrow('TOKEN_LIFETIME_TOO_SHORT: A token lives 3540 s, at least 3600 s');
    expect(places).toEqual([]);
  });

  test('a token that outlives the config by more than a minute is pushed nowhere: its key would go before it', async () => {
    const { pushed } = await refreshFrom((id) => ({ ...TOKEN, token: `t${id}`, exp: NOW + 3_660 }));
    const failure = await failureOf(refreshFrom((id) => ({ ...TOKEN, token: `t${id}`, exp: NOW + 3_661 })));

    expect(pushed).toHaveLength(4);
    expect(failure).toMatchObject({ tokens: [{ fault: { code: 'TOKEN_LIFETIME_TOO_LONG' } }, {}], pushes: [] });
    expect(String(failure)).toContain('lives 3661 s, at most 3600 s (edge.tokenLifetimeMinutes)');
  });

  test('an EdgeWorker that gets no token keeps none from another', async () => {
    const places: string[] = [];
    const failure = await failureOf(
      refreshFrom(
        (id) => {
          if (id === 11) throw new EdgeClientInvalidError('EdgeWorker 11 has no object in it');
          return { ...TOKEN, token: `t${id}` };
        },
        async (place) => void places.push(place),
      ),
    );

    expect(places).toEqual(['staging/12', 'production/12']);
    expect(failure).toMatchObject({
      code: 'EDGE_REFRESH_INCOMPLETE',
      tokens: [{ edgeWorkerId: 11, fault: expect.any(EdgeClientInvalidError) }],
      pushes: [],
    });
    expect(String(failure)).toMatch(/EdgeWorker 11 has no new token: EDGE_CLIENT_INVALID: The secret .* unusable/);
  });
});

const TOKEN = { issuedAt: NOW, notBefore: NOW - 60, exp: NOW + 3_600 };

/** A refresh with any source of tokens. */
function refreshFrom(tokenOf: (id: number) => IssuedToken, taken: Puts = async () => undefined) {
  return refreshEdgeTokens({
    edge: EDGE,
    tokens: { tokenFor: async (id) => tokenOf(id) },
    master: MASTER,
    edgeKv: { put: (network, _namespace, _group, item) => taken(`${network}/${item}`) },
  });
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
