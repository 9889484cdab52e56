import { createHash, createHmac, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { verifyToken } from '../../../../functions/authorizer/verify-token.ts';
import { refreshEdgeTokens } from '../../../../functions/rotation/refresh-edge-token.ts';
import { ISSUER, keySetOf, NOW, rsaKey } from '../authorizer/sign-token.ts';

const KEY = rsaKey('a');
const MASTER = [{ version: 3, key: Buffer.alloc(32, 7) }] as const;
const { edge: EDGE } = parseConfig({ streams: { hits: {} }, edge: { edgeWorkerIds: [11, 12] } });

async function refresh(idLength = 36, edge = EDGE) {
  const puts: { readonly place: string; readonly value: string }[] = [];
  let ids = 0;
  const refreshed = await refreshEdgeTokens({
    edge,
    issuer: ISSUER.issuer,
    audience: ISSUER.audience,
    signer: {
      kid: 'a',
      sign: async (bytes) => sign('sha256', bytes, KEY.privateKey),
      publicKeys: async () => [KEY.jwk],
    },
    master: MASTER,
    edgeKv: {
      put: async (network, namespace, group, item, value) => {
        puts.push({ place: `${network}/${namespace}/${group}/${item}`, value });
      },
    },
    clock: () => NOW * 1_000 + 999,
    newId: () => `${ids++}`.padEnd(idLength, 'x'),
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
    expect(puts.map(({ place }) => place)).toEqual([
      'staging/edgehouse/credentials/11',
      'production/edgehouse/credentials/11',
      'staging/edgehouse/credentials/12',
      'production/edgehouse/credentials/12',
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
    expect((await refresh()).refreshed).toEqual({ tokens: 2, earliestExp: NOW + 3_600 });
    const nobody = await refresh(36, { ...EDGE, edgeWorkerIds: [] });
    expect(nobody.refreshed).toEqual({ tokens: 0, earliestExp: undefined });
  });

  test('an item that EdgeKV would not serve is not written', async () => {
    await expect(refresh(12_000)).rejects.toMatchObject({ code: 'EDGE_ITEM_TOO_LARGE' });
  });
});
