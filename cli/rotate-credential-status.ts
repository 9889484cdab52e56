import type { Renewal } from './rotate-credentials.ts';

/** What a store knows of a secret without its value. Times are milliseconds since the epoch; undefined: it does not say. */
export interface SecretFacts {
  /** When the version in force was written; `'never'` where there is a secret without a value. */
  readonly writtenAt: number | 'never' | undefined;
  /** Of Secrets Manager; undefined where the store rotates nothing by itself. */
  readonly rotation?: RotationFacts;
  /** Regions that it could not be copied to. @default none */
  readonly failedReplicas?: readonly string[];
}

export interface RotationFacts {
  readonly enabled: boolean;
  readonly lastAt: number | undefined;
  /** The latest time at which the next rotation begins. */
  readonly nextAt: number | undefined;
  /** There is a version AWSPENDING that is not the current one. */
  readonly pending: { readonly since: number | undefined } | undefined;
}

/** `unknown` is what nobody can say from here, `unread` what could not be read. */
export type CredentialState =
  | 'ok'
  | 'unknown'
  | 'late'
  | 'expired'
  | 'unfinished'
  | 'off'
  | 'unreplicated'
  | 'empty'
  | 'absent'
  | 'unread';

/** One line of the status. Times as in `SecretFacts`. */
export interface CredentialStatus {
  readonly credential: string;
  readonly state: CredentialState;
  readonly writtenAt: number | undefined;
  readonly expires: number | 'never' | undefined;
  /** When it is renewed next, or who has to do it. */
  readonly next: number | Renewal | undefined;
  /** How its last renewal ended. */
  readonly last: string;
}

/** Whether nobody needs to look at it. */
export function isWell({ state }: Pick<CredentialStatus, 'state'>): boolean {
  return state === 'ok' || state === 'unknown';
}

/** Of a credential that there is nothing to say of. */
export const NOTHING_KNOWN = { writtenAt: undefined, expires: undefined, next: undefined };

/** What could not be read, and why. */
export function unreadStatus(credential: string, reason: string): CredentialStatus {
  return { ...NOTHING_KNOWN, credential, state: 'unread', last: reason };
}

/** What nobody can say from here, and what would help. */
export function unknownStatus(credential: string, reason: string): CredentialStatus {
  return { ...NOTHING_KNOWN, credential, state: 'unknown', last: reason };
}

/** To the second, as the last outcome says times. */
export function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
