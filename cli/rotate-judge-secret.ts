import { ISSUER_KEYS_SECRET, SIGNING_MASTER_SECRET, SPOOL_KEY_SECRET } from '../config/secret-names.ts';
import {
  type CredentialStatus,
  isoSeconds,
  isWell,
  NOTHING_KNOWN,
  type RotationFacts,
  type SecretFacts,
} from './rotate-credential-status.ts';
import type { ListedSecret } from './rotate-credentials.ts';

/** A rotation ends within minutes: one that has begun longer ago has failed, and waits for a retry or for a person. */
const LONGEST_ROTATION_MS = 60 * 60_000;

/** @param facts undefined where there is no such secret */
export function judgeSecret(listed: ListedSecret, facts: SecretFacts | undefined, now: number): CredentialStatus {
  const status = judgeVersions(listed, facts, now);
  const failed = facts?.failedReplicas ?? [];
  if (failed.length === 0 || !isWell(status)) return status;
  return { ...status, state: 'unreplicated', last: `${status.last}; not copied to ${failed.join(', ')}` };
}

function judgeVersions(
  { credential, secret, renewal }: ListedSecret,
  facts: SecretFacts | undefined,
  now: number,
): CredentialStatus {
  const base = { ...NOTHING_KNOWN, credential };
  if (facts === undefined) return { ...base, state: 'absent', last: `no secret ${secret}, or it is being deleted` };
  const { writtenAt, rotation } = facts;
  if (writtenAt === 'never') return { ...base, state: 'empty', next: 'by hand', last: 'nobody has written it yet' };
  if (renewal === 'schedule') return { ...base, writtenAt, ...judgeRotation(rotation, now) };
  // Keys of ours have no end. Whether a password or an API client has one, only its service knows.
  const expires = OURS.has(secret) ? ('never' as const) : undefined;
  return { ...base, state: 'ok', writtenAt, expires, next: renewal, last: 'written' };
}

const OURS = new Set([SIGNING_MASTER_SECRET, SPOOL_KEY_SECRET, ISSUER_KEYS_SECRET]);

function judgeRotation(
  rotation: RotationFacts = { enabled: false, lastAt: undefined, nextAt: undefined, pending: undefined },
  now: number,
): Pick<CredentialStatus, 'state' | 'expires' | 'next' | 'last'> {
  const { enabled, lastAt, nextAt, pending } = rotation;
  // The last step of a rotation takes a password's end away; what was written by hand may have one.
  const base = { expires: lastAt === undefined ? undefined : ('never' as const), next: enabled ? nextAt : undefined };
  const last = lastAt === undefined ? 'never rotated' : `rotated ${isoSeconds(lastAt)}`;
  if (pending !== undefined) {
    const { since } = pending;
    const begun = since === undefined ? '' : ` since ${isoSeconds(since)}`;
    const runs = since !== undefined && now - since < LONGEST_ROTATION_MS;
    if (runs) return { ...base, state: 'ok', last: `${last}; one is under way${begun}` };
    return { ...base, state: 'unfinished', last: `${last}; one did not end: a version is AWSPENDING${begun}` };
  }
  if (!enabled) return { ...base, state: 'off', last: `${last}; its rotation is turned off` };
  return { ...base, state: nextAt !== undefined && nextAt < now ? 'late' : 'ok', last };
}
