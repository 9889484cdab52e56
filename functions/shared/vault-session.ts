import type { Clock } from './clock.ts';
import { readLease, type VaultLease } from './vault-answer.ts';
import { VaultError } from './vault-error.ts';
import { askVault, type VaultServer } from './vault-request.ts';

export interface VaultSessionOptions {
  readonly server: VaultServer;
  /** Path of the JWT method below `auth/`. */
  readonly authMount: string;
  readonly role: string;
  /** A new JWT that the role accepts. */
  readonly mintLoginToken: () => Promise<string>;
  readonly clock: Clock;
}

/** The token of Vault's that this container has at present; concurrent callers share one login or renewal. */
export interface VaultSession {
  /** A token that holds; renewed when two thirds of its life are over. @throws VaultError, or what minting throws */
  token(): Promise<string>;
  /** Another token than the one that Vault refused: it was revoked, or its life is over earlier than was said. */
  replace(refused: string): Promise<string>;
}

/** Vault may have to fetch the issuer's key set before it answers. */
const LOGIN_MS = 5000;
const RENEWAL_MS = 2000;
const RENEW_AFTER = 2 / 3;

interface HeldToken {
  readonly token: string;
  /** Milliseconds since the epoch, as the next. */
  readonly renewAt: number;
  readonly expiresAt: number;
  readonly renewable: boolean;
  /** What the login gave; a renewal that gives less has met the token's longest life. */
  readonly fullSeconds: number;
}

/** Logs in with a JWT (`auth/<mount>/login`) and renews (`auth/token/renew-self`), on demand: a frozen function has no timers. */
export function createVaultSession({
  server,
  authMount,
  role,
  mintLoginToken,
  clock,
}: VaultSessionOptions): VaultSession {
  let held: HeldToken | undefined;
  let pending: Promise<HeldToken> | undefined;

  async function login(): Promise<HeldToken> {
    const what = `The login with role ${role}`;
    const jwt = await mintLoginToken();
    const askedAt = clock();
    const answer = await askVault(server, {
      what,
      path: `auth/${authMount}/login`,
      body: { role, jwt },
      timeoutMs: LOGIN_MS,
    });
    // A role that does not exist and a JWT that it does not accept are both 400.
    if (answer.status === 400) throw new VaultError('VAULT_DENIED', what, 'status 400', { status: 400 });
    const lease = readLease(what, answer);
    return hold(lease, askedAt, lease.seconds);
  }

  async function renew({ token, fullSeconds }: HeldToken): Promise<HeldToken> {
    const what = 'Renewing the token';
    const askedAt = clock();
    const path = 'auth/token/renew-self';
    const answer = await askVault(server, { what, path, token, body: {}, timeoutMs: RENEWAL_MS });
    return hold(readLease(what, answer), askedAt, fullSeconds);
  }

  async function refresh(last: HeldToken | undefined): Promise<HeldToken> {
    if (last === undefined || clock() >= last.expiresAt) return login();
    try {
      return last.renewable ? await renew(last).catch(loginUnlessPassing) : await login();
    } catch {
      // It still holds: Vault is asked again after a third of what is left, and a failure is one when nothing is left.
      return { ...last, renewAt: clock() + (last.expiresAt - clock()) / 3 };
    }
  }

  function loginUnlessPassing(failure: unknown): Promise<HeldToken> {
    if (failure instanceof VaultError && failure.retryable) throw failure;
    return login();
  }

  function obtain(): Promise<HeldToken> {
    pending ??= refresh(held)
      .then((next) => {
        held = next;
        return next;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  async function current(): Promise<string> {
    const usable = held !== undefined && clock() < held.renewAt ? held : await obtain();
    return usable.token;
  }

  return {
    token: current,
    async replace(refused) {
      // A renewal under way would bring the refused one back.
      await pending?.catch(() => undefined);
      if (held?.token === refused) held = undefined;
      return current();
    },
  };
}

/** Counted from before the request: the token is never older than it is taken for. */
function hold({ token, seconds, renewable }: VaultLease, askedAt: number, fullSeconds: number): HeldToken {
  const lifeMs = seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
  return {
    token,
    renewAt: askedAt + lifeMs * RENEW_AFTER,
    expiresAt: askedAt + lifeMs,
    renewable: renewable && seconds >= fullSeconds,
    fullSeconds,
  };
}
