import type { Contract } from '../ingest/contract.ts';
import { judgeRows } from '../ingest/judge-rows.ts';
import { orJudgingFailed } from '../ingest/judging-failed-error.ts';
import type { ParsedRows } from '../ingest/parse-rows.ts';
import type { SpoolEnvelope } from '../ingest/spool-object.ts';
import { freezeVerdict, type Verdict } from '../ingest/verdict.ts';
import { ObjectTamperedError, sealObject, unsealObject } from '../shared/sealed-object.ts';
import type { ReplayDependencies } from './replay-batch.ts';

/**
 * Judges a batch that was spooled unjudged, once: the first verdict that is written holds for every replay there will ever be,
 * also for one that runs beside this one. It stays when the batch is stored, because a late replay may still ask for it.
 *
 * @throws SpoolError, ObjectTamperedError, JudgingFailedError
 */
export async function settleVerdict(
  { key, stamp, limits }: SpoolEnvelope,
  rows: ParsedRows,
  contract: Contract,
  bodyBytes: number,
  { spool, spoolKeys }: Pick<ReplayDependencies, 'spool' | 'spoolKeys'>,
  signal: AbortSignal,
): Promise<Verdict> {
  const keys = await spoolKeys.get();
  const name = `verdicts/${key}`;
  const standing = await readVerdict(name);
  if (standing !== undefined) return standing;
  const { refused } = orJudgingFailed(contract.table, () =>
    judgeRows(contract, rows, stamp, limits.rowBytes, bodyBytes),
  );
  const verdict = freezeVerdict(contract.hash, refused);
  const sealed = sealObject(keys, name, Buffer.from(JSON.stringify(verdict)));
  if ((await spool.create(name, sealed, signal)) === 'created') return verdict;
  const first = await readVerdict(name);
  if (first === undefined) throw new ObjectTamperedError(name, 'it was there and is gone');
  return first;

  async function readVerdict(from: string): Promise<Verdict | undefined> {
    const object = await spool.read(from, signal);
    // Sealed, so it is what we wrote.
    return object === undefined ? undefined : (JSON.parse(unsealObject(keys, from, object).toString()) as Verdict);
  }
}
