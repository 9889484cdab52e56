import type { ClickHouseCredential } from '../../ingest/clickhouse-credential.ts';
import type { Clock } from '../../shared/clock.ts';
import { MOST_SECRET_AGE_MS } from '../../shared/secret-cache.ts';
import type { RotationStore } from './rotation-store.ts';
import type { UserDatabase } from './user-database.ts';
import type { UserRights } from './user-rights.ts';

/** What the steps of a rotation work with. */
export interface RotationTools {
  readonly store: RotationStore;
  readonly database: UserDatabase;
  /** Who may alter users. Asked only when a statement is to be sent, so that a step which has nothing to do needs nobody. */
  readonly administrator: () => Promise<ClickHouseCredential>;
  /** @returns undefined for a user that is none of ours */
  readonly rights: (user: string) => UserRights | undefined;
  readonly newPassword: () => string;
  readonly clock: Clock;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * How long the old password lives on beside the new one: twice the age at which our functions let go of a secret, and longer than the
 * hour that AWS's own caching clients keep one. The shortest schedule is 4 h.
 */
export const OVERLAP_MS = 2 * MOST_SECRET_AGE_MS;

/** A password that never becomes the current one is dead after so long. A rotation ends within minutes, and its retries within a day. */
export const CANDIDATE_MS = 24 * 60 * 60_000;
