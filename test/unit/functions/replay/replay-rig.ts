import { parseConfig } from '../../../../config/parse-config.ts';
import type { ColumnDescription } from '../../../../functions/ingest/batch-store.ts';
import { createReplay } from '../../../../functions/replay/replay.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import type { BatchSpool } from '../../../../functions/shared/batch-spool.ts';
import type { VersionedKeys } from '../../../../functions/shared/versioned-keys.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { type RecordingStore, recordingStore } from './recording-store.ts';
import { notificationOf, recordOf } from './spool-notification.ts';
import { RECEIVED_AT, SPOOL_KEYS } from './spooled-batch.ts';

const WEB = { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] };

/** The policy under which the batches of these tests were taken, with what has changed since. */
export function configWith(web: object = {}, others: object = {}) {
  return parseConfig({ streams: { hits: {}, other: {} }, principals: { web: { ...WEB, ...web } }, ...others });
}

export interface RigOptions {
  readonly config?: ReturnType<typeof configWith>;
  /** Age of the batch when it is replayed. @default 60 */
  readonly ageSeconds?: number;
  readonly recorded?: RecordingStore;
  readonly columns?: readonly ColumnDescription[];
  readonly memory?: ReturnType<typeof memoryBatchSpool>;
  /** Instead of the steps of the spool in memory. */
  readonly spool?: Partial<BatchSpool>;
  readonly keys?: VersionedKeys;
  readonly queueFails?: boolean;
  readonly mostBackoffSeconds?: number;
}

/** Replay over a spool in memory and a store that records; everything it says is kept. */
export function replayRig(options: RigOptions = {}) {
  const { ageSeconds = 60, memory = memoryBatchSpool(), keys = SPOOL_KEYS } = options;
  const recorded = options.recorded ?? recordingStore({}, options.columns);
  const lines: AuditLine[] = [];
  const counts: (readonly [string, number, Readonly<Record<string, string>>])[] = [];
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const postponed: (readonly [string, number])[] = [];
  const buried: (readonly [string, string])[] = [];
  let forgotten = 0;
  const answer = () => {
    if (options.queueFails === true) throw new Error('canary');
  };
  const replay = createReplay({
    config: options.config ?? configWith(),
    spool: { ...memory.spool, ...options.spool },
    spoolKeys: {
      get: async () => keys,
      expire: () => {
        forgotten++;
      },
    },
    store: recorded.store,
    clock: () => RECEIVED_AT + ageSeconds * 1_000,
    queue: {
      postpone: async (handle, seconds) => {
        answer();
        postponed.push([handle, seconds]);
      },
      bury: async (body, reason) => {
        answer();
        buried.push([body, reason]);
      },
    },
    audit: (line) => lines.push(line),
    telemetry: {
      count: (metric, value, dimensions = {}) => counts.push([metric, value, dimensions]),
      warn: (message, fields) => warnings.push({ warning: message, ...fields }),
    },
    random: () => 1,
    ...(options.mostBackoffSeconds === undefined ? {} : { mostBackoffSeconds: options.mostBackoffSeconds }),
  });

  return {
    ...memory,
    ...recorded,
    lines,
    counts,
    warnings,
    postponed,
    buried,
    /** Times the spool key was asked to be read again. */
    keysForgotten: () => forgotten,
    /** Delivers messages that announce these objects; the ids of those that stay in the queue. */
    deliver: (names: readonly string[], receives = 1) =>
      deliver(names.map((name, index) => recordOf(notificationOf(name), index, receives))),
    deliverText: (body: string) => deliver([recordOf(body)]),
  };

  async function deliver(Records: Parameters<typeof replay>[0]['Records']): Promise<readonly string[]> {
    const { batchItemFailures } = await replay({ Records });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }
}
