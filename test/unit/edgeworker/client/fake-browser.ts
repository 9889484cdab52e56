import { webcrypto } from 'node:crypto';
import { setImmediate as allPromises } from 'node:timers/promises';
import type { Client } from '../../../../edgeworker/client/api.ts';
import { createBatchQueue, type QueueOptions } from '../../../../edgeworker/client/batch-queue.ts';
import type { PostAnswer } from '../../../../edgeworker/client/page.ts';

/** What becomes of a request: whether it arrives, and what the page hears of it; `silence` is no answer at all. */
export interface Fate {
  readonly arrives: boolean;
  readonly answer: PostAnswer | 'silence';
  readonly afterMs: number;
}

/** A request that a page made. */
export interface Attempt {
  readonly id: string;
  readonly body: string;
  readonly at: number;
  readonly arrives: boolean;
  /** When its page heard what became of it; undefined where that page was gone before. */
  readonly heardAt: number | undefined;
}

export interface Tab {
  readonly client: Client<object>;
  /** Hidden or shown: the page is told. */
  change(): void;
  /** Nothing of the page runs any more, and it is not told. */
  kill(): void;
  /** Into the back/forward cache; what falls due meanwhile waits. */
  freeze(): void;
  thaw(): void;
}

export interface FakeBrowser {
  readonly storage: Record<string, string | undefined>;
  readonly attempts: readonly Attempt[];
  /** Those that arrived. */
  readonly posted: readonly Attempt[];
  /** Milliseconds since the epoch. */
  now(): number;
  setOnline(isOnline: boolean): void;
  /** The fate of each request from now on. */
  meet(fate: (body: string) => Fate): void;
  open(options?: QueueOptions): Tab;
  advance(milliseconds: number): Promise<void>;
}

export const ACCEPTED: Fate = answered(202);
/** Stored, but nobody hears of it. */
export const UNHEARD: Fate = { arrives: true, answer: 'silence', afterMs: 50 };
/** Stored, and then ingest took too long to say so. */
export const STORED_LATE: Fate = { ...answered(503), arrives: true };
export const UNREACHABLE: Fate = { arrives: false, answer: 'silence', afterMs: 50 };

/** What the collector answers. */
export function answered(status: number, retryAfter: string | null = null): Fate {
  return { arrives: status === 202, answer: { status, retryAfter, isProblem: status >= 400 }, afterMs: 50 };
}

/** What Akamai answers by itself, in a form of its own. */
export function answeredOnTheWay(status: number): Fate {
  return { arrives: false, answer: { status, retryAfter: null, isProblem: false }, afterMs: 50 };
}

const START = 1_763_884_800_000;

interface Timer {
  readonly due: number;
  readonly tab: { state: 'alive' | 'frozen' | 'dead' };
  readonly run: () => void;
}

/** Tabs of one site with one storage, under a clock that the test moves. */
export function fakeBrowser(quota = Number.POSITIVE_INFINITY): FakeBrowser {
  let now = START;
  let isOnline = true;
  let fate: (body: string) => Fate = () => ACCEPTED;
  const timers = new Set<Timer>();
  const listeners = new Map<Timer['tab'], () => void>();
  const attempts: (Attempt & { heardAt: number | undefined })[] = [];
  const storage = limitedStorage(quota);

  const open = (options: QueueOptions = {}): Tab => {
    const tab: Timer['tab'] = { state: 'alive' };
    const after = (milliseconds: number, run: () => void) => {
      const timer = { due: now + milliseconds, tab, run };
      timers.add(timer);
      return () => timers.delete(timer);
    };
    const post = (url: string, body: string) => {
      const { arrives, answer, afterMs } = fate(body);
      const id = new URL(url, 'https://www.example.com').searchParams.get('batch') ?? '';
      const attempt: (typeof attempts)[number] = { id, body, at: now, arrives, heardAt: undefined };
      attempts.push(attempt);
      return new Promise<PostAnswer>((resolve, reject) => {
        after(afterMs, () => {
          attempt.heardAt = now;
          if (answer === 'silence') reject(new TypeError('Failed to fetch'));
          else resolve(answer);
        });
      });
    };
    const client = createBatchQueue(options, {
      storage,
      crypto: webcrypto,
      now: () => now,
      random: () => 0.5,
      isOnline: () => isOnline,
      post,
      after,
      onChange: (run) => listeners.set(tab, run),
      defaults: () => ({ path: '/' }),
    });
    return {
      client,
      change: () => listeners.get(tab)?.(),
      kill: () => {
        tab.state = 'dead';
        listeners.delete(tab);
      },
      freeze: () => {
        tab.state = 'frozen';
      },
      thaw: () => {
        tab.state = 'alive';
      },
    };
  };

  const advance = async (milliseconds: number): Promise<void> => {
    const until = now + milliseconds;
    await allPromises();
    for (;;) {
      const [next] = [...timers]
        .filter(({ due, tab }) => due <= until && tab.state === 'alive')
        .sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      timers.delete(next);
      now = Math.max(now, next.due);
      next.run();
      await allPromises();
    }
    now = until;
  };

  return {
    storage,
    attempts,
    get posted() {
      return attempts.filter(({ arrives }) => arrives);
    },
    now: () => now,
    setOnline: (online) => {
      isOnline = online;
      if (online) for (const run of listeners.values()) run();
    },
    meet: (next) => {
      fate = next;
    },
    open,
    advance,
  };
}

/** As `localStorage`: a write that would make the values longer than the quota throws and changes nothing. */
function limitedStorage(quota: number): Record<string, string | undefined> {
  return new Proxy<Record<string, string | undefined>>(
    {},
    {
      set(target, key, value) {
        if (typeof key !== 'string' || typeof value !== 'string') return false;
        const others = Object.entries(target).filter(([name]) => name !== key);
        const length = others.reduce((sum, [, text]) => sum + (text ?? '').length, value.length);
        if (length > quota) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
        target[key] = value;
        return true;
      },
    },
  );
}

/** The events of all that arrived. */
export function eventsOf({ posted }: FakeBrowser): readonly Record<string, unknown>[] {
  return posted.flatMap(({ body }) => JSON.parse(body));
}
