import { createVaultStore, type VaultStore } from '../../../functions/shared/vault-store.ts';
import { createLocalTokenSigner, generateSigningKey } from '../../../local/local-token-signer.ts';
import { AUDIENCE, ISSUER, ROLE, SUBJECT, startVaultStandIn, type VaultStandIn } from './vault-stand-in.ts';

export const NAME = 'edgehouse/clickhouse/writer';
export const SECRET = { url: 'https://db.example.com:8443', username: 'writer', password: 'canary-password' };
export const LOGIN = 'POST /v1/auth/ci/jwt/login';
export const RENEWAL = 'POST /v1/auth/token/renew-self';
export const READ = `GET /v1/team/kv/data/${NAME}`;
export const WRITE = `POST /v1/team/kv/data/${NAME}`;

export interface StoreSettings {
  readonly address?: string;
  readonly role?: string;
  readonly audience?: string;
  readonly subject?: string;
  readonly fetch?: typeof globalThis.fetch;
}

export interface VaultRig {
  readonly vault: VaultStandIn;
  /** Of the stand-in and of the stores. */
  readonly clock: { now: number };
  /** As it should be, but for what is given. */
  storeWith(settings: StoreSettings): VaultStore;
  /** A token of Vault's, as `vault login` gives a person one. */
  operatorToken(): string;
  /** What was asked, in its order. */
  routes(): readonly string[];
}

/** Made once: a new key takes longer than all else. */
const signing = generateSigningKey().then(createLocalTokenSigner);

export async function startVaultRig(): Promise<VaultRig> {
  const signer = await signing;
  const clock = { now: Date.parse('2026-01-02T03:04:05Z') };
  const vault = await startVaultStandIn(signer, () => clock.now);
  return {
    vault,
    clock,
    operatorToken: () => vault.issueToken(),
    routes: () => vault.calls.map(({ route }) => route),
    storeWith: ({
      address = vault.address,
      role = ROLE,
      audience = AUDIENCE,
      subject = SUBJECT,
      fetch = globalThis.fetch,
    }) =>
      createVaultStore({
        vault: { address, mount: 'team/kv', role, authMount: 'ci/jwt', audience, namespace: 'edge' },
        identity: { issuer: ISSUER, subject, signer: async () => signer, newId: () => 'id' },
        fetch,
        clock: () => clock.now,
      }),
  };
}

/** What an action that should fail threw; undefined where it did not. */
export async function failureOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => undefined,
    (error: unknown) => error,
  );
}
