import { createReplay } from '../../../functions/replay/replay.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { recordingStore } from '../../unit/functions/replay/recording-store.ts';
import { configWith } from '../../unit/functions/replay/replay-rig.ts';
import { notificationOf, recordOf } from '../../unit/functions/replay/spool-notification.ts';
import { away, RECEIVED_AT, SPOOL_KEYS, spoolOne } from '../../unit/functions/replay/spooled-batch.ts';
import { driveStaleSecret } from './drive-stale-secret.ts';

/** Replay with the telemetry of its handler: a batch that is stored in part, one that has to wait, one that is buried. */
export async function driveReplay(): Promise<void> {
  await replayOne({});
  await replayOne({ clickHouseAway: true });
  await replayOne({ denied: true });
  await driveStaleSecret(createLambdaTelemetry('replay').telemetry);
}

async function replayOne({ clickHouseAway = false, denied = false }): Promise<void> {
  const { spool } = memoryBatchSpool();
  const { name } = await spoolOne(spool);
  const { store } = recordingStore(clickHouseAway ? { insert: away } : {});
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
