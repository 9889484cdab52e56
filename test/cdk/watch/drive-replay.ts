import { type BatchInsert, StoreError } from '../../../functions/ingest/batch-store.ts';
import { countLedger } from '../../../functions/replay/count-ledger.ts';
import { createReplay } from '../../../functions/replay/replay.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { recordingStore, type StoreFaults } from '../../unit/functions/replay/recording-store.ts';
import { configWith } from '../../unit/functions/replay/replay-rig.ts';
import { notificationOf, recordOf } from '../../unit/functions/replay/spool-notification.ts';
import { away, RECEIVED_AT, SPOOL_KEYS, spoolOne } from '../../unit/functions/replay/spooled-batch.ts';
import { driveStaleSecret } from './drive-stale-secret.ts';

/** Replay with the telemetry of its handler: a batch stored in part, one that waits, one buried, one with rows that validation missed; and a count. */
export async function driveReplay(): Promise<void> {
  await replayOne({});
  await replayOne({ insert: away });
  await replayOne({ denied: true });
  await replayOne({ insert: refuseRows });
  await countOne();
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

async function countOne(): Promise<void> {
  const fault = { principal: 'web', stream: 'hits', batchId: 'b', digest: 'd', missing: 1, duplicates: 1 };
  const store = { faults: async () => [fault], ledger: async () => ({ stored: 1, quarantined: 0, missing: 1 }) };
  const deps = {
    streams: configWith().streams,
    spool: memoryBatchSpool().spool,
    clock: () => RECEIVED_AT,
    telemetry: createLambdaTelemetry('replay').telemetry,
  };
  await countLedger({ ...deps, store });
  await countLedger({ ...deps, store: { ...store, faults: async () => away() } }).catch(() => undefined);
}

/** As a table with a CONSTRAINT that no row fits. */
function refuseRows({ table }: BatchInsert): void {
  if (table === 'hits') throw new StoreError('Storing in hits', 469);
}
