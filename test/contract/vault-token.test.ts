import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VaultStore } from '../../functions/shared/vault-store.ts';
import {
  failureOf,
  LOGIN,
  NAME,
  READ,
  RENEWAL,
  SECRET,
  startVaultRig,
  type VaultRig,
  WRITE,
} from './support/vault-rig.ts';

let rig: VaultRig;
let store: VaultStore;

beforeEach(async () => {
  rig = await startVaultRig();
  store = rig.storeWith({});
});
afterEach(() => rig.vault.close());

describe('the token of Vault’s', () => {
  beforeEach(() => rig.vault.put(NAME, SECRET));

  test('is asked for once when many need it at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.read(NAME)));

    expect(rig.routes().filter((route) => route === LOGIN)).toHaveLength(1);
  });

  test('is renewed when two thirds of its life are over, once for all who wait', async () => {
    await store.read(NAME);
    rig.clock.now += 799_000;
    await store.read(NAME);
    rig.clock.now += 1000;
    await Promise.all([store.read(NAME), store.read(NAME)]);
    rig.clock.now += 799_000;
    await store.read(NAME);

    expect(rig.routes()).toEqual([LOGIN, READ, READ, RENEWAL, READ, READ, READ]);
  });

  test('is replaced by a login when its longest life comes near, before it ends', async () => {
    rig.vault.behaviour.maxTtl = 2000;
    for (let minute = 0; minute < 100; minute++) {
      await store.read(NAME);
      rig.clock.now += 60_000;
    }

    const [logins = 0, renewals = 0] = [LOGIN, RENEWAL].map(
      (one) => rig.routes().filter((route) => route === one).length,
    );
    expect(logins).toBeLessThanOrEqual(4);
    // The second one brings less than the login did: there is no third.
    expect(renewals).toBeLessThanOrEqual(2 * logins);
    expect(rig.routes().filter((route) => route === READ)).toHaveLength(100);
  });

  test('is replaced by a login when a pause outlasted it', async () => {
    await store.read(NAME);
    rig.clock.now += 1_200_000;
    await store.read(NAME);

    expect(rig.routes()).toEqual([LOGIN, READ, LOGIN, READ]);
  });

  test('that cannot be renewed is replaced by a login early', async () => {
    rig.vault.behaviour.renewable = false;
    await store.read(NAME);
    rig.clock.now += 800_000;
    await store.read(NAME);

    expect(rig.routes()).toEqual([LOGIN, READ, LOGIN, READ]);
  });

  test('whose renewal is refused is replaced by a login', async () => {
    await store.read(NAME);
    rig.vault.revokeTokens();
    rig.clock.now += 800_000;
    await store.read(NAME);

    expect(rig.routes()).toEqual([LOGIN, READ, RENEWAL, LOGIN, READ]);
  });

  test('is used as long as it holds where a renewal fails, and the renewal is tried again later', async () => {
    await store.read(NAME);
    rig.clock.now += 800_000;
    rig.vault.behaviour.instead.push({ status: 500, body: { errors: ['canary'] } });
    await store.read(NAME);
    await store.read(NAME);
    rig.clock.now += 134_000;
    await store.read(NAME);

    expect(rig.routes()).toEqual([LOGIN, READ, RENEWAL, READ, READ, RENEWAL, READ]);
  });

  test('that was revoked is replaced, and what was asked is asked again: one login for all', async () => {
    await store.read(NAME);
    rig.vault.revokeTokens();
    const texts = await Promise.all([store.read(NAME), store.read(NAME), store.read(NAME)]);

    expect(texts).toHaveLength(3);
    expect(rig.routes().filter((route) => route === LOGIN)).toHaveLength(2);
  });

  test('is not asked for again and again where the policy is what denies', async () => {
    rig.vault.behaviour.allows = (method) => method === 'GET';

    const failure = await failureOf(store.write(NAME, '{}', '1'));

    expect(failure).toMatchObject({ code: 'VAULT_DENIED', status: 403, retryable: false });
    expect(rig.routes()).toEqual([LOGIN, WRITE, LOGIN, WRITE]);
  });
});
