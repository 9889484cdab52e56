import { z } from 'zod';
import { isProtectedUrl } from './is-protected-url.ts';
import { plainText, strictObject } from './schema-parts.ts';

/** An origin, and protected: a token and the secrets travel there. */
function isVaultAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.origin === text && isProtectedUrl(url);
}

// A path of Vault's: its segments go into URLs as they are, and none may end in a period (API reference, parameter restrictions).
const segment = '[A-Za-z0-9._-]*[A-Za-z0-9_-]';
const vaultPath = z
  .string()
  .max(256)
  .regex(new RegExp(`^${segment}(/${segment})*$`), 'a path such as secret or team/secret, without / at its ends');

const vaultSchema = strictObject({
  /** Where Vault or OpenBao answers: scheme, host and port. `https`, or `http` on this very machine. */
  address: z.string().refine(isVaultAddress, 'an origin such as https://vault.example.com:8200, without a path'),
  /** Where the KV engine, version 2, is mounted. @default 'secret' */
  mount: vaultPath.default('secret'),
  /** The role of the JWT method that the functions log in with. */
  role: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, '1 to 128 of A-Z, a-z, 0-9, _ and -'),
  /** Where the JWT method is mounted, below `auth/`. @default 'jwt' */
  authMount: vaultPath.default('jwt'),
  /**
   * `aud` of the tokens that the functions log in with; the role's `bound_audiences`. A name, not an address that is called, and
   * another than that of the issuer: an EdgeWorker's token must not open Vault. @default 'https://edgehouse.internal/vault'
   */
  audience: plainText(256).default('https://edgehouse.internal/vault'),
  /** The namespace, where the server has them. */
  namespace: vaultPath.optional(),
});

/** Where the functions' secrets are kept: AWS Secrets Manager, or a KV engine of HashiCorp Vault or OpenBao. */
export const secretsSchema = z.union([z.literal('aws'), strictObject({ vault: vaultSchema })]);

export type VaultConfig = Readonly<z.output<typeof vaultSchema>>;

/** `secrets` of the parsed config. */
export type SecretsConfig = 'aws' | { readonly vault: VaultConfig };
