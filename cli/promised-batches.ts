import type { AuditLine, BatchAudit } from '../functions/shared/audit.ts';
import type { ReadAuditLines } from './audit-lines.ts';
import { type BatchAddress, ledgerKey } from './ledger.ts';

/** A batch that its sender was told is kept: it was answered 200 or 202, or 422 because each of its rows is in quarantine. */
export interface PromisedBatch extends BatchAddress {
  readonly declared: number;
  /** Of the first such answer. */
  readonly requestId: string;
  readonly time: string;
}

const KEPT: ReadonlySet<BatchAudit['outcome']> = new Set(['stored', 'spooled', 'quarantined']);

/** What one audit line promises. */
export function promiseOf(line: AuditLine): PromisedBatch | undefined {
  if (line.audit !== 'batch' || !KEPT.has(line.outcome)) return undefined;
  const { stream, batchId, digest, rowsDeclared, requestId, time } = line;
  const { principal } = line.identity;
  if (principal === undefined || batchId === undefined || digest === undefined || rowsDeclared === undefined) {
    return undefined;
  }
  return { principal, stream, batchId, digest, declared: rowsDeclared, requestId, time };
}

/** The batches that were promised since then, each once however often it was sent, by `ledgerKey`. */
export async function readPromises(
  auditLines: ReadAuditLines,
  since: number,
): Promise<ReadonlyMap<string, PromisedBatch>> {
  const promised = new Map<string, PromisedBatch>();
  for await (const line of auditLines(since)) {
    const promise = promiseOf(line);
    if (promise === undefined) continue;
    const key = ledgerKey(promise);
    if (!promised.has(key)) promised.set(key, promise);
  }
  return promised;
}
