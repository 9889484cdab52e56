import { type BatchInsert, StoreError } from '../../../functions/ingest/batch-store.ts';
import { createReplay } from '../../../functions/replay/replay.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { recordingStore, type StoreFaults } from '../../unit/functions/replay/recording-store.ts';
import { configWith } from '../../unit/functions/replay/replay-rig.ts';
import { notificationOf, recordOf } from '../../unit/functions/replay/spool-notification.ts';
import { away, RECEIVED_AT, SPOOL_KEYS, spoolOne } from '../../unit/functions/replay/spooled-batch.ts';
import { driveStaleSecret } from './drive-stale-secret.ts';

/** Replay with the telemetry of its handler: a batch stored in part, one that waits, one buried, one with rows that validation missed. */
export async function driveReplay(): Promise<void> {
  await replayOne({});
  await replayOne({ insert: away });
  await replayOne({ denied: true });
  await replayOne({ insert: refuseRows });
  await driveStaleSecret(createLambdaTelemetry('replay').telemetry);
}

interface Replayed extends Pick<StoreFaults, 'insert'> {
  readonly denied?: boolean;
}

async function replayOne({ denied = false, ...faults }: Replayed): Promise<void> {
  const { spool } = memoryBatchSpool();
  const { name } = await spoolOne(spool);
  const { store } = recordingStore(faults);
  const replay = createReplay({
    config: configWith(denied ? { deny: [{ write: ['hits'] }] } : {}),
    spool,
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    store,
    clock: () => RECEIVED_AT + 60_000,
    queue: { postpone: async () => undefined, bury: async () => undefined },
    random: () => 1,
    ...createLambdaTelemetry('replay'),
  });
  await replay({ Records: [recordOf(notificationOf(name))] });
}

/** As a table with a CONSTRAINT that no row fits. */
function refuseRows({ table }: BatchInsert): void {
  if (table === 'hits') throw new StoreError('Storing in hits', 469);
}
