import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { refreshAndConfirm } from '../../../../functions/rotation/refresh-and-confirm.ts';
import { RefreshIncompleteError } from '../../../../functions/rotation/refresh-error.ts';

const NOW = 1_800_000_000;
const { edge: EDGE } = parseConfig({
  streams: { hits: {} },
  edge: { edgeWorkerIds: [11, 12], networks: ['production'] },
});

/** EdgeKV takes every push; the first one of each item it loses. */
async function refresh(tokenless: readonly number[]) {
  const puts = new Map<string, number>();
  const shown = new Map<string, string>();
  const outcome = await refreshAndConfirm({
    edge: EDGE,
    tokens: {
      tokenFor: async (id) => {
        if (tokenless.includes(id)) throw new TypeError('no token');
        return { token: `token-of-${id}`, issuedAt: NOW, notBefore: NOW, exp: NOW + 3_600 };
      },
    },
    master: [{ version: 1, key: Buffer.alloc(32) }],
    edgeKv: {
      put: async (_network, _namespace, _group, item, value) => {
        const times = (puts.get(item) ?? 0) + 1;
        puts.set(item, times);
        if (times > 1) shown.set(item, value);
      },
      get: async (_network, _namespace, _group, item) => shown.get(item),
    },
    pause: async () => undefined,
    signal: new AbortController().signal,
  }).catch((error: unknown) => error);
  return { outcome, puts: Object.fromEntries(puts) };
}

describe('a push that EdgeKV loses', () => {
  test('is made again', async () => {
    const { outcome, puts } = await refresh([]);

    expect(puts).toEqual({ 11: 2, 12: 2 });
    expect(outcome).toMatchObject({ tokens: 2, unseen: [] });
  });

  test('is made again also where another EdgeWorker gets no token', async () => {
    const { outcome, puts } = await refresh([12]);

    expect(puts).toEqual({ 11: 2 });
    expect(outcome).toBeInstanceOf(RefreshIncompleteError);
  });
});
