import { describe, expect, test } from '@jest/globals';
import { findBatchKeyOf } from '../../../../functions/ingest/batch-key-finder.ts';
import { deriveBatchKey } from '../../../../functions/shared/batch-key.ts';
import { principalKeyId } from '../../../../functions/shared/principal-key.ts';
import type { VersionedKeys } from '../../../../functions/shared/versioned-keys.ts';

const key = (fill: number) => Buffer.alloc(32, fill);
const MASTER: VersionedKeys = [{ version: 1, key: key(1) }];
const secret = (keys: VersionedKeys) => ({ get: async () => keys, expire: () => undefined });
const SECRETS = {
  signingMaster: secret(MASTER),
  principalKeys: new Map([
    [
      'partner',
      secret([
        { version: 2, key: key(22) },
        { version: 1, key: key(21) },
      ]),
    ],
    ['other', secret([{ version: 2, key: key(32) }])],
  ]),
};
const TOKEN = 'a.b.c';
const PROOF = { exp: 1, spki: 'a', serial: '1' };
const CLAIMS = { iss: 'i', sub: 's', clientId: 'c', jti: 'j', kid: 'k' };

describe('the key of a batch', () => {
  test('is the principal’s own where a certificate alone proves it, in the versions that are in force', async () => {
    const find = await findBatchKeyOf({ principal: 'partner', auth: 'certificate', ...PROOF }, undefined, SECRETS);

    const ids = [2, 1, 3].map((version) => principalKeyId('partner', version));
    expect(ids.map((id) => find(id)?.[0])).toEqual([22, 21, undefined]);
    expect(['p.other.2', 'p.partner.02', 'p.partner', 'partner.2', ''].map(find)).toEqual(Array(5).fill(undefined));
  });

  test('is none where the principal has no key, and never that of a token it happens to send', async () => {
    const find = await findBatchKeyOf(
      { principal: 'nobody', auth: 'certificate', ...PROOF },
      `Bearer ${TOKEN}`,
      SECRETS,
    );

    expect([find('p.nobody.1'), find(deriveBatchKey(MASTER[0], TOKEN).keyId)]).toEqual([undefined, undefined]);
  });

  test.each(['token', 'both'] as const)('derives from the token where a %s proves it', async (auth) => {
    const { keyId, key: derived } = deriveBatchKey(MASTER[0], TOKEN);

    const find = await findBatchKeyOf({ principal: 'partner', auth, ...PROOF, ...CLAIMS }, `Bearer ${TOKEN}`, SECRETS);

    expect(find(keyId)).toEqual(derived);
    expect(find('p.partner.2')).toBeUndefined();
  });
});
