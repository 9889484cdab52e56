import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AdminAccount } from '../../clickhouse/admin-client.ts';
import { subjectOf } from './bench-batch.ts';
import type { DataSet } from './data-sets.ts';
import { comparedFigure, type Figure } from './figure.ts';
import type { HeapOrder, HeapReport } from './heap-process.ts';

export const PEAK_HEAP = 'ingest peak heap';

/** Bodies that the heap may grow by, at most; `test/integration/bench.test.ts` holds a batch of 10,000 web events to it. */
export const MOST_BODIES = 8;

/**
 * V8 lets new objects fill a part of the heap before it looks which of them are still needed, and the larger the machine the larger that
 * part, up to 16 MB. This is what it is on a machine of 1,024 MB, which ingest has in Lambda (`cdk/ingest-api.ts`; a half of that for the
 * heap, a 128th of the half).
 */
const SEMI_SPACE_MB = 4;

export type HeapBatch = Pick<HeapOrder, 'format' | 'rows'> & { readonly dataSet: DataSet };

/**
 * How much the heap grows over what an idle container has while a batch is handled, in sizes of its body, the event's own among them:
 * beside the hand-written insert. Each has a process of its own, so that nothing is shared.
 */
export async function measureHeap(
  batch: HeapBatch,
  account: AdminAccount,
  processes: number,
): Promise<readonly Figure[]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let process = 0; process < processes; process++) {
    ours.push(await peakBodies(batch, account, 'ingest'));
    theirs.push(await peakBodies(batch, account, 'hand-written'));
  }
  return [{ ...comparedFigure(`${PEAK_HEAP}, ${subjectOf(batch)}`, '× body', ours, theirs), most: MOST_BODIES }];
}

/** @throws Error where the process ended without an answer */
export async function peakBodies(
  { dataSet, format, rows }: HeapBatch,
  account: AdminAccount,
  side: HeapOrder['side'],
): Promise<number> {
  const child = fork(fileURLToPath(new URL('./heap-process.ts', import.meta.url)), [], {
    execArgv: ['--expose-gc', `--max-semi-space-size=${SEMI_SPACE_MB}`, '--disable-warning=ExperimentalWarning'],
  });
  const reported: Promise<HeapReport> = once(child, 'message').then(([report]) => report);
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The process ended with ${code}`)));
  child.send({ account, stream: dataSet.stream, format, rows, side } satisfies HeapOrder);
  const { peak, idle, body } = await Promise.race([reported, ended]);
  return (peak - idle) / body;
}
