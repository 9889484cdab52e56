import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { BatchStore } from '../functions/ingest/batch-store.ts';
import { createReplay, type Replay } from '../functions/replay/replay.ts';
import type { Audit } from '../functions/shared/audit.ts';
import { type BatchSpool, SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import type { Clock } from '../functions/shared/clock.ts';
import { type CachedSecret, cachedSecret } from '../functions/shared/secret-cache.ts';
import type { Telemetry } from '../functions/shared/telemetry.ts';
import { formatVersionedKeys, parseVersionedKeys, type VersionedKeys } from '../functions/shared/versioned-keys.ts';
import type { FileSecretStore } from './file-secret-store.ts';
import { takeAnnouncements } from './spool/announcements.ts';
import { openFileBatchSpool } from './spool/file-batch-spool.ts';
import { createReplayQueue, type LocalReplayQueue } from './spool/replay-queue.ts';

export interface SpoolOptions {
  readonly config: Config;
  readonly dataDir: string;
  readonly secrets: FileSecretStore;
  readonly store: BatchStore;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
  readonly say: (message: string) => void;
}

export interface Spool {
  readonly spool: BatchSpool;
  readonly spoolKeys: CachedSecret<VersionedKeys>;
  readonly queue: LocalReplayQueue;
}

const SPOOL_KEY = 'edgehouse/spool-key';
/** Someone is looking (design §3.2). */
const MOST_BACKOFF_SECONDS = 5;
/** A day of attempts: an outage makes no dead letters. */
const MOST_RECEIVES = (24 * 3600) / MOST_BACKOFF_SECONDS;

/** The spool with its queue and the replay function, as on AWS; what an earlier run left in it is replayed. */
export async function startSpool(options: SpoolOptions): Promise<Spool> {
  const { dataDir, secrets, say, clock } = options;
  await secrets.readOrCreate(SPOOL_KEY, () => formatVersionedKeys([{ version: 1, key: randomBytes(32) }]));
  const spoolKeys = cachedSecret(secrets, SPOOL_KEY, parseVersionedKeys, clock);
  const deliver: Replay = (event) => replay(event);
  const queue = createReplayQueue({
    deliver,
    deadLetterDir: join(dataDir, 'dead-letters'),
    mostReceives: MOST_RECEIVES,
    say,
    clock,
  });
  const spool = await openFileBatchSpool(join(dataDir, 'objects'), queue.send);
  const replay = createReplay({
    ...options,
    spool,
    spoolKeys,
    queue,
    random: Math.random,
    mostBackoffSeconds: MOST_BACKOFF_SECONDS,
  });
  queue.resend(await spool.list(SPOOL_PREFIX));
  const announcements = takeAnnouncements(join(dataDir, 'announced'), (name) => {
    queue.revive(name).catch(() => say(`The dead letter of ${name} could not be removed.`));
  });
  const close = async () => {
    announcements.close();
    await queue.close();
  };
  return { spool, spoolKeys, queue: { ...queue, close } };
}
