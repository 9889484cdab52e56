import { describeSpan } from './describe-span.ts';
import { formatTable } from './format-table.ts';
import { type CredentialStatus, isWell } from './rotate-credential-status.ts';

const HEAD = ['credential', 'state', 'age', 'expires', 'next run', 'last outcome'];

/** The status for a person: a line a credential in aligned columns, and last how many need a look. */
export function describeStatus(credentials: readonly CredentialStatus[], now: number): readonly string[] {
  const rows = credentials.map(({ credential, state, writtenAt, expires, next, last }) => [
    credential,
    isWell({ state }) ? state : state.toUpperCase(),
    writtenAt === undefined ? 'unknown' : describeSpan(now - writtenAt),
    describeTime(expires, now),
    describeTime(next, now),
    last,
  ]);
  const ill = credentials.filter((credential) => !isWell(credential)).length;
  const looks = ill === 1 ? 'needs a look' : 'need a look';
  return [...formatTable(HEAD, rows), `${ill === 0 ? 'none' : ill} of ${credentials.length} ${looks}`];
}

/** The same for a program: exact times by ISO 8601, and null where nobody knows. */
export function statusJson(credentials: readonly CredentialStatus[], now: number): string {
  const lines = credentials.map(({ credential, state, writtenAt, expires, next, last }) => ({
    credential,
    state,
    writtenAt: exact(writtenAt),
    expires: exact(expires),
    next: exact(next),
    last,
  }));
  return JSON.stringify({ at: exact(now), credentials: lines }, undefined, 2);
}

function exact(time: number | string | undefined): string | null {
  return typeof time === 'number' ? new Date(time).toISOString() : (time ?? null);
}

function describeTime(time: number | string | undefined, now: number): string {
  if (typeof time !== 'number') return time ?? 'unknown';
  return time > now ? `in ${describeSpan(time - now)}` : `${describeSpan(now - time)} ago`;
}
