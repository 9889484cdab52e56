import { parseJsonObject } from './json-object.ts';

/** What ingest says about a batch; a client learns no more of it. `null`: spooled before its rows could be judged. */
export interface Receipt {
  readonly batchId: string;
  readonly outcome: 'stored' | 'spooled' | 'quarantined';
  readonly received: number;
  readonly accepted: number | null;
  readonly quarantined: number | null;
}

/** The receipt in an answer of ingest, or undefined where there is none. */
export function readReceipt(text: string): Receipt | undefined {
  const { batchId, outcome, received, accepted, quarantined } = parseJsonObject(text) ?? {};
  if (typeof batchId !== 'string' || !isOutcome(outcome) || typeof received !== 'number') return undefined;
  if (!isCount(accepted) || !isCount(quarantined)) return undefined;
  return { batchId, outcome, received, accepted, quarantined };
}

function isOutcome(value: unknown): value is Receipt['outcome'] {
  return value === 'stored' || value === 'spooled' || value === 'quarantined';
}

function isCount(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}
