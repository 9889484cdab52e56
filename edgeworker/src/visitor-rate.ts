import type { VisitorRate } from './settings.ts';

/**
 * What addresses have left of their rate, as one JavaScript context sees it: one whose requests reach several of them, or several
 * servers, has as many buckets, and Akamai drops them at its own discretion. So they stop a page that has run wild, not an attacker.
 * Starts empty.
 */
export interface VisitorBuckets {
  held?: Map<string, Bucket> | undefined;
}

interface Bucket {
  /** Batches that there is room for; negative after one that was large. */
  readonly room: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** About 100 kB. Who came longest ago is forgotten first, and then has the whole rate again. */
const MOST_VISITORS = 500;
const MINUTE_MS = 60_000;

/**
 * Seconds until a visitor's next batch is taken; 0 is now.
 *
 * @param visitor the address
 */
export function visitorWait(buckets: VisitorBuckets, visitor: string, rate: VisitorRate, nowMs: number): number {
  const missing = 1 - roomOf(buckets, visitor, rate, nowMs);
  return missing <= 0 ? 0 : Math.ceil((missing * 60) / rate.batchesPerMinute);
}

/** Counts a batch whose body was read, whatever becomes of it: one, or as many as it has the bytes of. */
export function chargeVisitor(
  buckets: VisitorBuckets,
  visitor: string,
  { batchesPerMinute, kilobytesPerMinute }: VisitorRate,
  bytes: number,
  nowMs: number,
): void {
  const cost = Math.max(1, (bytes / (kilobytesPerMinute * 1_024)) * batchesPerMinute);
  const room = roomOf(buckets, visitor, { batchesPerMinute, kilobytesPerMinute }, nowMs) - cost;
  buckets.held ??= new Map();
  // A Map keeps the order in which its keys were set.
  buckets.held.delete(visitor);
  buckets.held.set(visitor, { room, at: nowMs });
  const [oldest] = buckets.held.keys();
  if (buckets.held.size > MOST_VISITORS && oldest !== undefined) buckets.held.delete(oldest);
}

function roomOf({ held }: VisitorBuckets, visitor: string, { batchesPerMinute }: VisitorRate, nowMs: number): number {
  const bucket = held?.get(visitor);
  if (bucket === undefined) return batchesPerMinute;
  // A clock that was set back must not empty a bucket.
  const filled = bucket.room + (Math.max(0, nowMs - bucket.at) / MINUTE_MS) * batchesPerMinute;
  return Math.min(batchesPerMinute, filled);
}
