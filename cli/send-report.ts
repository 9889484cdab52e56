import type { Receipt } from './api-answer.ts';
import type { Batch } from './make-batches.ts';
import { printable } from './printable.ts';
import type { BatchResult } from './send-batch.ts';

/** What became of the input so far. `stored + quarantined + spooled` is what the API took. */
export interface SendTotals {
  readonly rowsRead: number;
  readonly refusedLines: number;
  readonly received: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly spooled: number;
  readonly failedBatches: number;
}

export const NOTHING_SENT: SendTotals = {
  rowsRead: 0,
  refusedLines: 0,
  received: 0,
  stored: 0,
  quarantined: 0,
  spooled: 0,
  failedBatches: 0,
};

/** Refused rows named one by one, of a batch and of the input. */
const SHOWN_ERRORS = 5;
export const SHOWN_LINES = 10;

/** Adds a batch to the totals. The rows of a batch that was spooled before it was judged all count as spooled. */
export function addResult(totals: SendTotals, batch: Batch, result: BatchResult): SendTotals {
  const read = { ...totals, rowsRead: totals.rowsRead + batch.lines.length };
  if (result.kind !== 'receipt') return { ...read, failedBatches: totals.failedBatches + 1 };
  const { outcome, received, accepted, quarantined } = result.receipt;
  const spooled = outcome === 'spooled';
  return {
    ...read,
    received: totals.received + received,
    stored: totals.stored + (spooled ? 0 : (accepted ?? 0)),
    quarantined: totals.quarantined + (quarantined ?? 0),
    spooled: totals.spooled + (spooled ? (accepted ?? received) : 0),
  };
}

export function addRefusedLine(totals: SendTotals): SendTotals {
  return { ...totals, refusedLines: totals.refusedLines + 1 };
}

/** The lines that report one batch, without a value of any row. */
export function describeResult(batch: Batch, result: BatchResult): readonly string[] {
  switch (result.kind) {
    case 'receipt':
      return [describeReceipt(batch, result.receipt), ...describeErrors(batch, result.receipt)];
    case 'failed':
      return [`${batch.id} failed: ${result.reason}; ${describeLines(batch)} not taken`];
    case 'stop': {
      const { status, code = 'no code' } = result.refusal;
      return [`${batch.id} refused: ${status} ${code}; ${describeLines(batch)} not taken`];
    }
  }
}

function describeReceipt(batch: Batch, { outcome, received, accepted, quarantined }: Receipt): string {
  const judged = accepted === null ? 'not judged yet' : `${accepted} accepted, ${quarantined ?? 0} quarantined`;
  return `${batch.id} ${outcome}: ${received} received, ${judged}`;
}

function describeErrors(batch: Batch, { errors }: Receipt): readonly string[] {
  const shown = errors.slice(0, SHOWN_ERRORS).map(({ row, column, code }) => {
    return `  line ${batch.lines[row] ?? '?'} (row ${row})${column ? ` ${printable(column)}` : ''}: ${code}`;
  });
  return errors.length > shown.length ? [...shown, `  and ${errors.length - shown.length} more`] : shown;
}

function describeLines({ lines }: Batch): string {
  return `lines ${lines[0]} to ${lines.at(-1)}`;
}

/** The last line of a run. */
export function describeTotals(totals: SendTotals, milliseconds: number): string {
  const { rowsRead, refusedLines, received, stored, quarantined, spooled, failedBatches } = totals;
  const rate = milliseconds > 0 ? Math.round((received * 1000) / milliseconds) : 0;
  return [
    `${rowsRead + refusedLines} lines read`,
    `${refusedLines} refused by the parser`,
    `${received} rows received`,
    `${stored} stored`,
    `${quarantined} quarantined`,
    `${spooled} spooled`,
    `${failedBatches} failed batches`,
    `${(milliseconds / 1000).toFixed(1)} s`,
    `${rate} rows/s`,
  ].join(', ');
}

/** Whether every line of the input is stored or will be, as far as is known. */
export function wasAllTaken({ refusedLines, quarantined, failedBatches }: SendTotals): boolean {
  return refusedLines === 0 && quarantined === 0 && failedBatches === 0;
}
