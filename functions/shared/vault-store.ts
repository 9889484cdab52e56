import type { VaultConfig } from '../../config/secrets-schema.ts';
import type { Clock } from './clock.ts';
import type { SecretStore } from './secret-store.ts';
import { confirmWritten, readSecret, type VaultAnswer, type VaultSecret } from './vault-answer.ts';
import { VaultError } from './vault-error.ts';
import { mintVaultLoginToken, type VaultIdentity } from './vault-login-token.ts';
import { askVault, type VaultRequest } from './vault-request.ts';
import { createVaultSession, type VaultSession } from './vault-session.ts';

export interface VaultStoreOptions {
  readonly vault: VaultConfig;
  /** Who asks: a function, which logs in with a token of our issuer's, or a person with a token of Vault's. */
  readonly identity: VaultIdentity | VaultToken;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** A token of Vault's that somebody has already; neither renewed nor replaced. */
export interface VaultToken {
  readonly token: string;
}

/** Secrets of a KV engine, version 2. All methods throw VaultError, or what the identity's signer throws. */
export interface VaultStore extends SecretStore {
  /** As `read`, with the version that a write has to name. */
  readVersion(name: string): Promise<VaultSecret>;
  /**
   * Writes a new version if nobody wrote another one meanwhile. After `VAULT_UNREACHABLE` it may have been written or not: read
   * it again.
   *
   * @param text JSON text of an object
   * @param expected the version that it replaces; `0` where there is none yet
   */
  write(name: string, text: string, expected: string): Promise<void>;
}

/** With a login before it and one after a refusal, everything stays within the 15 s of ingest. */
const REQUEST_MS = 2000;
const SEGMENT = /^[\w+=@.-]*[\w+=@-]$/;

/** Secrets of HashiCorp Vault or OpenBao. A request that Vault denies is made once more with a new login. */
export function createVaultStore({ vault, identity, fetch, clock }: VaultStoreOptions): VaultStore {
  const { address, namespace, mount, authMount, role, audience } = vault;
  const server = { address, namespace, fetch };
  const session =
    'token' in identity
      ? sessionOf(identity)
      : createVaultSession({
          server,
          authMount,
          role,
          mintLoginToken: () => mintVaultLoginToken(identity, audience, clock),
          clock,
        });

  async function ask(request: Omit<VaultRequest, 'token' | 'timeoutMs'>): Promise<VaultAnswer> {
    const token = await session.token();
    const answer = await askVault(server, { ...request, token, timeoutMs: REQUEST_MS });
    // OpenBao, and Vault before 1.17, say `permission denied` of a token that is over and of a policy that is missing.
    if (answer.status !== 403) return answer;
    const other = await session.replace(token);
    return other === token ? answer : askVault(server, { ...request, token: other, timeoutMs: REQUEST_MS });
  }

  const pathOf = (what: string, name: string) => `${mount}/data/${encodeName(what, name)}`;

  async function readVersion(name: string): Promise<VaultSecret> {
    const what = `Reading secret ${name}`;
    return readSecret(what, await ask({ what, path: pathOf(what, name) }));
  }

  return {
    readVersion,
    async read(name) {
      return (await readVersion(name)).text;
    },
    async write(name, text, expected) {
      const what = `Writing secret ${name}`;
      const body = { options: { cas: parseVersion(what, expected) }, data: parseObject(what, text) };
      confirmWritten(what, await ask({ what, path: pathOf(what, name), body }));
    },
  };
}

function sessionOf({ token }: VaultToken): VaultSession {
  return { token: async () => token, replace: async () => token };
}

/** No segment may end in a period: Vault refuses it, and `..` would leave the mount. */
function encodeName(what: string, name: string): string {
  const segments = name.split('/');
  if (segments.every((segment) => SEGMENT.test(segment))) return segments.map(encodeURIComponent).join('/');
  throw new VaultError('SECRET_NAME_INVALID', what, 'its name is no path of A-Z, a-z, 0-9 and _+=@.-');
}

/** Vault would take anything that is no number for 0. */
function parseVersion(what: string, expected: string): number {
  if (/^\d{1,15}$/.test(expected)) return Number(expected);
  throw new VaultError('CAS_MISMATCH', what, 'the expected version is not one of KV, which counts');
}

function parseObject(what: string, text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // JSON.parse quotes the text in its message: it goes nowhere.
  }
  throw new VaultError('SECRET_VALUE_INVALID', what, 'the value is not the text of a JSON object');
}
