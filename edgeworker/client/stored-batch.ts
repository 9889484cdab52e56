/**
 * How a batch lies in the browser's storage. Key: prefix and batch id, a UUID of version 7, so that keys sort by age. Value: the time of
 * a send that nobody saw end, as 13 digits, then the JSON array without its last bracket, so that events can be added. Sending
 * does not change the length, so it works where the storage is full too.
 */
export interface StoredBatch {
  /** Of the first such send since one was seen to fail; milliseconds since the epoch, 0 where there is none. */
  readonly sentAt: number;
  /** What is posted, to the byte the same each time. */
  readonly body: string;
}

const TIME_DIGITS = 13;

const NEVER = '0'.repeat(TIME_DIGITS);

export const EMPTY_BATCH = `${NEVER}[`;

export function readBatch(value: string): StoredBatch {
  return { sentAt: Number(value.slice(0, TIME_DIGITS)), body: `${value.slice(TIME_DIGITS)}]` };
}

/** The value of a batch that is on its way; the first time is kept. */
export function markSent(value: string, now: number): string {
  return readBatch(value).sentAt ? value : now + value.slice(TIME_DIGITS);
}

/** The value of a batch that was seen to fail: it waits as one that was never sent. */
export function markFailed(value: string): string {
  return NEVER + value.slice(TIME_DIGITS);
}

/** Milliseconds since the epoch (RFC 9562 §5.7: 48 bits at the beginning). */
export function openedAt(batchId: string): number {
  return Number.parseInt(batchId.slice(0, 8) + batchId.slice(9, 13), 16);
}
