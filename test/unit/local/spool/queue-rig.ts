import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import {
  createReplayQueue,
  type LocalReplayQueue,
  type ReplayQueueOptions,
} from '../../../../local/spool/replay-queue.ts';
import { ManualTimers } from './manual-timers.ts';

/** Queues on one folder of dead letters, with timers that a test moves. */
export interface QueueRig {
  readonly directory: string;
  readonly timers: ManualTimers;
  /** What a person was told. */
  readonly said: readonly string[];
  open(deliver: ReplayQueueOptions['deliver'], options?: Partial<ReplayQueueOptions>): LocalReplayQueue;
  /** The dead letters, by the names of their files. */
  letters(): Promise<readonly unknown[]>;
  stop(): Promise<void>;
}

export async function startQueueRig(): Promise<QueueRig> {
  const directory = await mkdtemp(join(tmpdir(), 'edgehouse-queue-test-'));
  const deadLetterDir = join(directory, 'dead');
  const timers = new ManualTimers();
  const said: string[] = [];
  return {
    directory,
    timers,
    said,
    open: (deliver, options = {}) =>
      createReplayQueue({
        deliver,
        deadLetterDir,
        say: (message) => said.push(message),
        schedule: timers.schedule,
        clock: () => timers.now,
        ...options,
      }),
    async letters() {
      const files = (await readdir(deadLetterDir)).sort();
      return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(deadLetterDir, file), 'utf8'))));
    },
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

export const nothingFailed: SQSBatchResponse = { batchItemFailures: [] };

export function allFailed({ Records }: SQSEvent): SQSBatchResponse {
  return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** The object that a message tells of. */
export function keyOf({ body }: SQSRecord): string {
  return JSON.parse(body).Records[0].s3.object.key;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (holds()) return;
    await setImmediate();
  }
  throw new Error('it did not happen within 10 000 turns');
}
