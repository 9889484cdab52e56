import { z } from 'zod';
import type { VaultConfig } from '../config/secrets-schema.ts';
import { readRefusal } from '../functions/shared/vault-answer.ts';
import { VaultError } from '../functions/shared/vault-error.ts';
import { askVault } from '../functions/shared/vault-request.ts';
import type { SecretFacts } from './rotate-credential-status.ts';

export interface VaultAccess {
  readonly vault: VaultConfig;
  /** Of Vault's. */
  readonly token: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const TIMEOUT_MS = 10_000;

/** RFC 3339, with up to nine digits behind the second. */
const TIME = z.iso.datetime({ offset: true });
const METADATA = z.object({
  current_version: z.int(),
  versions: z.record(
    z.string(),
    z.object({ created_time: TIME, deletion_time: z.union([TIME, z.literal('')]), destroyed: z.boolean() }),
  ),
});

/**
 * What a KV engine says of a secret without its value (`GET <mount>/metadata/<name>`).
 *
 * @returns undefined where there is no such secret
 * @throws VaultError
 */
export async function describeInVault(
  { vault, token, fetch, now }: VaultAccess,
  secret: string,
): Promise<SecretFacts | undefined> {
  const { address, namespace, mount } = vault;
  const what = `Describing secret ${secret}`;
  const path = `${mount}/metadata/${secret.split('/').map(encodeURIComponent).join('/')}`;
  const answer = await askVault({ address, namespace, fetch }, { what, path, token, timeoutMs: TIMEOUT_MS });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw readRefusal(what, answer);
  const metadata = METADATA.safeParse(answer.body['data']);
  if (!metadata.success) throw new VaultError('VAULT_ANSWER_MALFORMED', what, 'metadata of another form');
  const version = metadata.data.versions[String(metadata.data.current_version)];
  // A version may have a time to be deleted at that is yet to come.
  const gone = version === undefined || version.destroyed || Date.parse(version.deletion_time) <= now();
  return { writtenAt: gone ? 'never' : Date.parse(version.created_time) };
}
