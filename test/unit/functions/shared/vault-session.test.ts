import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createVaultSession } from '../../../../functions/shared/vault-session.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A Vault that answers when the test says so; each answer is a function of the request's path. */
function rig() {
  const paths: string[] = [];
  const waiting: ((body: object) => void)[] = [];
  const clock = { now: 0 };
  let minted = 0;
  const session = createVaultSession({
    server: {
      address: 'https://vault.example.com',
      fetch: (url) => {
        paths.push(new URL(String(url)).pathname);
        return new Promise((resolve) => {
          waiting.push((body) => resolve(new Response(JSON.stringify(body))));
        });
      },
    },
    authMount: 'jwt',
    role: 'edgehouse',
    mintLoginToken: async () => `jwt-${++minted}`,
    clock: () => clock.now,
  });
  return { session, paths, waiting, clock };
}

type Rig = ReturnType<typeof rig>;

function answer({ waiting }: Rig, token: string, { seconds = 900, renewable = true } = {}): void {
  waiting.shift()?.({ auth: { client_token: token, lease_duration: seconds, renewable } });
}

/** Lets everything run that needs no answer. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function loggedIn(): Promise<Rig> {
  const made = rig();
  const first = made.session.token();
  await settle();
  answer(made, 'first');
  await first;
  return made;
}

const LOGIN = '/v1/auth/jwt/login';
const RENEWAL = '/v1/auth/token/renew-self';

describe('a session with Vault', () => {
  test('counts a token’s life from before the request that brought it', async () => {
    const made = rig();
    const first = made.session.token();
    await settle();
    made.clock.now = 500_000;
    answer(made, 'first');
    await first;
    made.clock.now = 600_000;
    const second = made.session.token();
    await settle();
    answer(made, 'first');

    expect(await second).toBe('first');
    expect(made.paths).toEqual([LOGIN, RENEWAL]);
  });

  test('does not bring a refused token back by a renewal that was under way', async () => {
    const made = await loggedIn();
    made.clock.now = 600_000;
    const renewing = made.session.token();
    await settle();
    const replaced = made.session.replace('first');
    answer(made, 'first');
    await renewing;
    await settle();
    answer(made, 'second');

    expect(await replaced).toBe('second');
    expect(made.paths).toEqual([LOGIN, RENEWAL, LOGIN]);
  });

  test('gives the token that another caller got meanwhile instead of logging in once more', async () => {
    const made = await loggedIn();
    const replaced = made.session.replace('first');
    await settle();
    answer(made, 'second');

    expect([await replaced, await made.session.replace('first')]).toEqual(['second', 'second']);
    expect(made.paths).toEqual([LOGIN, LOGIN]);
  });

  test('keeps a token without an end', async () => {
    const made = rig();
    const first = made.session.token();
    await settle();
    answer(made, 'first', { seconds: 0 });
    await first;
    made.clock.now = Number.MAX_SAFE_INTEGER;

    expect(await made.session.token()).toBe('first');
    expect(made.paths).toEqual([LOGIN]);
  });

  test('waits 5 s for a login and 2 s for a renewal, and says that no answer came', async () => {
    const made = await loggedIn();
    const limits = jest
      .spyOn(AbortSignal, 'timeout')
      .mockImplementation(() => AbortSignal.abort(new DOMException('canary', 'TimeoutError')));
    made.clock.now = 600_000;
    const kept = made.session.token();
    await settle();
    answer(made, 'first');
    await kept;
    const silent = createVaultSession({
      server: { address: 'http://127.0.0.1:9', fetch },
      authMount: 'jwt',
      role: 'edgehouse',
      mintLoginToken: async () => 'canary',
      clock: () => 0,
    });

    await expect(silent.token()).rejects.toThrow('The login with role edgehouse at Vault failed: no answer in time.');
    expect(limits.mock.calls).toEqual([[2000], [5000]]);
  });

  test('logs in again after a login that failed', async () => {
    const made = rig();
    const failed = made.session.token();
    await settle();
    made.waiting.shift()?.({});
    await expect(failed).rejects.toMatchObject({ code: 'VAULT_ANSWER_MALFORMED' });
    const second = made.session.token();
    await settle();
    answer(made, 'second');

    expect(await second).toBe('second');
  });
});
