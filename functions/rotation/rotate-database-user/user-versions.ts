import { type ClickHouseCredential, parseClickHouseCredential } from '../../ingest/clickhouse-credential.ts';
import { RotationRefusedError } from './rotation-refused-error.ts';
import { CURRENT, PENDING, type RotatedSecret, type RotationStore } from './rotation-store.ts';

/** Where the version of a step stands. */
export type VersionState =
  | { readonly kind: 'current' }
  | { readonly kind: 'pending' /** Id of the version that is current. */; readonly current: string }
  /** Nobody has written the secret yet, as when the stack is deployed for the first time. */
  | { readonly kind: 'unwritten' };

/** @throws RotationRefusedError where this version may not be worked on */
export async function versionState(store: RotationStore, secret: string, token: string): Promise<VersionState> {
  const described = await store.describe(secret);
  if (!described.rotationEnabled) throw new RotationRefusedError(secret, 'rotation disabled');
  const labels = described.labels.get(token);
  if (labels === undefined) throw new RotationRefusedError(secret, 'version unknown');
  if (labels.includes(CURRENT)) return { kind: 'current' };
  if (!labels.includes(PENDING)) throw new RotationRefusedError(secret, 'version not pending');
  const current = holderOf(described, CURRENT);
  return current === undefined ? { kind: 'unwritten' } : { kind: 'pending', current };
}

/** The version that has a label. */
export function holderOf({ labels }: RotatedSecret, label: string): string | undefined {
  return [...labels].find(([, held]) => held.includes(label))?.[0];
}

/** @returns undefined where the version has no value. @throws RotationRefusedError where it is malformed */
export async function readCredential(
  store: RotationStore,
  secret: string,
  version: string,
): Promise<ClickHouseCredential | undefined> {
  const text = await store.readVersion(secret, version);
  if (text === undefined) return undefined;
  try {
    return parseClickHouseCredential(text);
  } catch {
    throw new RotationRefusedError(secret, 'value malformed');
  }
}

/** The current credential and the one that is to follow it: the same user at the same host. */
export interface CredentialPair {
  readonly current: ClickHouseCredential;
  readonly pending: ClickHouseCredential;
}

/** @throws RotationRefusedError where the two do not belong together, or the pending one is not there or not new */
export async function readPair(
  store: RotationStore,
  secret: string,
  versions: { readonly current: string; readonly pending: string },
): Promise<CredentialPair> {
  const current = await readCredential(store, secret, versions.current);
  const pending = await readCredential(store, secret, versions.pending);
  if (current === undefined) throw new RotationRefusedError(secret, 'no current version');
  if (pending === undefined) throw new RotationRefusedError(secret, 'no pending value');
  if (!sameUser(current, pending)) throw new RotationRefusedError(secret, 'other user or host');
  if (current.password === pending.password) throw new RotationRefusedError(secret, 'password not new');
  return { current, pending };
}

export function sameUser(one: ClickHouseCredential, other: ClickHouseCredential): boolean {
  return one.url === other.url && one.username === other.username;
}
