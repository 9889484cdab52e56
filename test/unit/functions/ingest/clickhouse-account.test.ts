import { describe, expect, test } from '@jest/globals';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { openAccount } from '../../../../functions/ingest/clickhouse-account.ts';
import { parseClickHouseCredential } from '../../../../functions/ingest/clickhouse-credential.ts';
import { cachedSecret } from '../../../../functions/shared/secret-cache.ts';

const SIGNAL = new AbortController().signal;

/** A secret store and a ClickHouse, each with a password of its own. */
function rig() {
  const state = { kept: 'first', valid: 'first', now: 0, reads: 0, tries: 0 };
  const secrets = {
    read: async () => {
      state.reads++;
      return JSON.stringify({ url: 'http://127.0.0.1:1', username: 'writer', password: state.kept });
    },
  };
  const secret = cachedSecret(secrets, 'writer', parseClickHouseCredential, () => state.now, { random: () => 0 });
  const account = openAccount(secret);
  const log = () =>
    account.run(SIGNAL, async ({ password }) => {
      state.tries++;
      if (password !== state.valid) throw new StoreError('Logging in', 516);
      return 'in';
    });
  return { state, log, account };
}

describe('an account whose password was changed', () => {
  test('reads it anew at once and goes on: nobody sees the rotation', async () => {
    const { state, log } = rig();
    await log();
    state.kept = state.valid = 'second';

    expect(await log()).toBe('in');
    expect(state).toMatchObject({ reads: 2, tries: 3 });
    expect(await log()).toBe('in');
    expect(state).toMatchObject({ reads: 2, tries: 4 });
  });

  test('asks the secret store once where the secret is still the old one, and again when its time is over', async () => {
    const { state, log } = rig();
    await log();
    state.valid = 'second';

    for (let batch = 0; batch < 5; batch++) await expect(log()).rejects.toMatchObject({ clickhouseCode: 516 });
    expect(state).toMatchObject({ reads: 2, tries: 6 });

    state.kept = 'second';
    state.now = 60_000;
    expect(await log()).toBe('in');
    expect(state.reads).toBe(3);
  });

  test('asks once where the new secret is wrong as well', async () => {
    const { state, log } = rig();
    await log();
    state.kept = 'second';
    state.valid = 'third';

    for (let batch = 0; batch < 5; batch++) await expect(log()).rejects.toMatchObject({ clickhouseCode: 516 });
    expect(state.reads).toBe(2);
  });

  test('is read anew for the next change too', async () => {
    const { state, log } = rig();
    for (const password of ['second', 'third', 'second']) {
      state.kept = state.valid = password;
      expect(await log()).toBe('in');
    }
  });

  test('another failure reads nothing', async () => {
    const { state, account } = rig();
    const failing = account.run(SIGNAL, async () => {
      throw new StoreError('Storing', 241);
    });
    await expect(failing).rejects.toMatchObject({ clickhouseCode: 241 });
    expect(state.reads).toBe(1);
  });
});
