import { uuidV7 } from '../src/uuid.ts';
import type { Client, ClientOptions, DropReason } from './api.ts';
import type { Page } from './page.ts';
import { EMPTY_BATCH, markFailed, markSent, openedAt, readBatch } from './stored-batch.ts';

/** A fifth of what the collector takes. */
const MOST_EVENTS = 100;
/** All that a page has under way while it may go is 64 KiB (Fetch standard, keepalive): four batches. What is more fails at once. */
const MOST_BYTES = 16_000;
const MOST_UNDER_WAY = 4;
/**
 * Only the page that opened a batch adds to it, and no longer than this; others leave it alone until it is older than the second. So there
 * are never two batches of one id, whatever became of the page, and `track` need not wait for a lock.
 */
const MOST_OPEN_MS = 10_000;
const LEFT_BEHIND_MS = 15_000;
/** While anything waits: what was left behind gets old enough, and a network that was never said to be back is. */
const LOOK_AGAIN_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const MOST_WAITED_MS = 604_800_000;

/** The one answer that means stored or spooled. Any other 2xx was made by somebody else. */
const ACCEPTED = 202;
/**
 * What the collector says about the batch itself, so that it would say it again. The rest is about the moment, or about the site's set-up; so
 * are these where Akamai says them on the way, by a limit of its own or a rule of the property.
 */
const REFUSED = [400, 413, 415, 422];

/** Of rows of any type. */
export type QueueOptions = ClientOptions<object, never>;

/** The batch that events are added to. */
interface OpenBatch {
  readonly key: string;
  readonly since: number;
  readonly value: string;
  /** Of the body. */
  readonly bytes: number;
  readonly events: number;
}

/**
 * Keeps events in the browser's storage, in batches, until the collector has answered for them. A batch that was sent once never changes; it
 * is sent with the same id and bytes until it is accepted, by this page or by a later one, and stored once.
 */
export function createBatchQueue(options: QueueOptions, page: Page): Client<object> {
  const { url = '/collect', waitMs = 5_000, maxStored = 500_000, resendForMs = 600_000, onDrop } = options;
  const { defaults = page.defaults } = options;
  const { storage, now } = page;
  const prefix = `edgehouse ${url} `;
  const own = new Set<string>();
  const underWay = new Set<string>();
  let open: OpenBatch | undefined;
  let failures = 0;
  let isPaused = false;
  let cancelRetry: (() => void) | undefined;

  const keys = () =>
    Object.keys(storage)
      .filter((key) => key.startsWith(prefix))
      .sort();

  const idOf = (key: string) => key.slice(prefix.length);

  // Later, so that nothing it throws ends here; but not by a timer, which a closing page does not live to see.
  const drop = (events: number, reason: DropReason) => void Promise.resolve().then(() => onDrop?.(events, reason));

  const dropBatch = (key: string, body: string, reason: DropReason) => {
    delete storage[key];
    drop(countEvents(body), reason);
  };

  const flush = () => {
    open = undefined;
    sendDue();
  };

  const newBatch = (): OpenBatch => {
    const key = prefix + uuidV7(page);
    page.after(Math.min(waitMs, MOST_OPEN_MS), () => open?.key === key && flush());
    return { key, since: now(), value: EMPTY_BATCH, bytes: 2, events: 0 };
  };

  /** Says why not where the event is not in the storage. */
  const store = (event: object): DropReason | undefined => {
    const text = toJson(() => ({ ...defaults(), ...event }));
    const bytes = new TextEncoder().encode(text).length + 1;
    if (!text || bytes + 2 > MOST_BYTES) return 'unfit';
    if (open && (open.bytes + bytes > MOST_BYTES || !isBetween(now() - open.since, 0, MOST_OPEN_MS))) flush();
    if (!open && keys().reduce((sum, key) => sum + (storage[key] ?? '').length, 0) >= maxStored) return 'full';
    const batch = open ?? newBatch();
    const value = batch.value + (batch.events ? ',' : '') + text;
    try {
      storage[batch.key] = value;
    } catch {
      return 'full';
    }
    own.add(batch.key);
    open = { ...batch, value, bytes: batch.bytes + bytes, events: batch.events + 1 };
    if (open.events === MOST_EVENTS) flush();
    return undefined;
  };

  const track = (event: object): boolean => {
    const reason = store(event);
    if (reason) drop(1, reason);
    return !reason;
  };

  const sendDue = () => {
    if (isPaused) return;
    cancelRetry?.();
    const waiting = keys().filter((key) => key !== open?.key && !underWay.has(key));
    // After a failure another one first: a batch that something on the way never lets through must not hold up all others.
    const first = failures % waiting.length;
    for (const key of [...waiting.slice(first), ...waiting.slice(0, first)]) {
      if (!page.isOnline() || underWay.size >= (failures ? 1 : MOST_UNDER_WAY)) break;
      const age = now() - openedAt(idOf(key));
      const value = storage[key];
      if (value && (own.has(key) || age > LEFT_BEHIND_MS)) void send(key, value, age);
    }
    if (waiting.length > 0) cancelRetry = page.after(LOOK_AGAIN_MS, sendDue);
  };

  const send = async (key: string, value: string, age: number) => {
    const { sentAt, body } = readBatch(value);
    if (age > MOST_WAITED_MS || (sentAt && now() - sentAt > resendForMs)) return dropBatch(key, body, 'expired');
    underWay.add(key);
    storage[key] = markSent(value, now());
    const { status, retryAfter, isProblem } = await page
      .post(`${url}${url.includes('?') ? '&' : '?'}batch=${idOf(key)}`, body)
      .catch(() => ({ status: 0, retryAfter: null, isProblem: false }));
    underWay.delete(key);
    if (status === ACCEPTED) {
      failures = 0;
      delete storage[key];
    } else if (isProblem && REFUSED.includes(status)) {
      dropBatch(key, body, 'refused');
    } else {
      // Another page may have had it accepted meanwhile. An attempt before this one that nobody saw end most likely failed too.
      if (storage[key]) storage[key] = markFailed(value);
      const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++) * (0.5 + page.random() / 2);
      // Added, since all pages are told the same.
      pause(backoff + Math.min(LONGEST_RETRY_AFTER_MS, Number(retryAfter) * 1_000 || 0));
    }
    sendDue();
  };

  const pause = (milliseconds: number) => {
    isPaused = true;
    cancelRetry?.();
    cancelRetry = page.after(milliseconds, () => {
      isPaused = false;
      sendDue();
    });
  };

  page.onChange(flush);
  sendDue();
  return { track, flush };
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** 0 where somebody else has written into the storage. */
function countEvents(body: string): number {
  try {
    return JSON.parse(body).length;
  } catch {
    return 0;
  }
}

/** Empty where something in it throws. */
function toJson(make: () => object): string {
  try {
    return JSON.stringify(make());
  } catch {
    return '';
  }
}
