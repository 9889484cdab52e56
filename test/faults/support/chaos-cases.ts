import { isCollector } from './chaos-bundles.ts';
import { type CollectPost, drawPost } from './chaos-posts.ts';
import { type Draw, drawing } from './chaos-random.ts';
import { drawVisitor, type VisitorFacts } from './chaos-visitors.ts';

/**
 * The built bundles that cases run: the collector, and the event of a request on the way back, with its time, or on the way in; each as it
 * is by default, and shaped by more of the config.
 */
export const CHAOS_BUNDLES = ['collector', 'collector-shaped', 'late', 'late-sampled', 'early', 'early-full'] as const;
export type ChaosBundle = (typeof CHAOS_BUNDLES)[number];
/** Their outcomes do not hang on what HTTP cannot bring: variables, and members of the request that are missing. */
export const PLAIN_BUNDLES = ['collector', 'collector', 'late', 'early'] as const;

/** One context of an EdgeWorker, from its start, and a few requests that reach it. */
export interface ChaosCase {
  readonly seed: number;
  readonly bundle: ChaosBundle;
  readonly visits: readonly ChaosVisit[];
}

export interface ChaosVisit {
  /** Milliseconds since the visit before. */
  readonly afterMs: number;
  /** How far the edge's clock is ahead of everybody else's, milliseconds. */
  readonly edgeAheadMs: number;
  readonly visitor: VisitorFacts;
  /** What is posted, to a collector. */
  readonly post: CollectPost | undefined;
  readonly edgeKv: EdgeKvPlan;
  readonly ingest: IngestPlan;
}

/** When an answer comes, and how it ends. */
export interface Course {
  readonly kind: 'whole' | 'cut' | 'body cut' | 'silent';
  /** Milliseconds until its head, or the cut, and from there to the end of its body. */
  readonly headMs: number;
  readonly bodyMs: number;
}

export interface EdgeKvPlan {
  readonly course: Course;
  readonly status: number;
  /** What is wrong with the item, but for its times. */
  readonly flaw: 'malformed' | 'version unknown' | undefined;
  /** Which of the texts with that flaw. */
  readonly variant: number;
  /**
   * Which token the item holds: a new one, or one that a read of the same case has seen before, also after a newer one. It keeps the times
   * and the fate that it had when it was read first.
   */
  readonly serial: number;
  /** Seconds from now, by everybody else's clock. */
  readonly lifeSeconds: number;
  readonly ageSeconds: number;
  /** Ingest does not know the token any more. */
  readonly revoked: boolean;
}

export interface IngestPlan {
  readonly course: Course;
  /** `true`: judges the batch as ingest does. The others answer whatever comes. */
  readonly by: 'true' | 'ingest' | 'gateway';
  readonly status: number;
  readonly receipt: 'stored' | 'spooled' | 'quarantined' | 'broken' | 'empty' | 'wrong';
  readonly retryAfter: RetryAfter;
}

/** A number of seconds, a date so many seconds ahead of the edge's clock, or a text that is neither. */
export type RetryAfter =
  | { readonly kind: 'none' | 'garbage' }
  | { readonly kind: 'seconds' | 'date'; readonly seconds: number };

export interface CaseOptions {
  /** Times far from every limit, and single visits: for a real process on a busy machine. */
  readonly coarse: boolean;
}

const LIVES = [-1, 0, 1, 20, 59, 60, 61, 300, 301, 400, 3_600];
const AGES = [-120, -31, -30, -29, 0, 60, 900];
const SKEWS = [0, 0, 1_000, -1_000, 30_500, -30_500, 60_000, 61_500, -61_500, 299_000, 300_000, -299_000, -300_000];
const COARSE = {
  lives: [-100, 900, 3_600],
  ages: [-600, 900],
  skews: [0, 0, 20_000, -20_000, 120_000, -120_000, 250_000, -250_000],
} as const;
/** Events with what long headers and cookies add to each: 500 of them would be over the limit of a batch. */
const MOST_SHAPED = 200;
const GAPS = [0, 3, 900, 1_000, 5_000, 30_000, 59_000, 61_000, 120_000];

export function drawCase(seed: number, { coarse }: CaseOptions): ChaosCase {
  const draw = drawing(seed);
  const bundle = draw.pick<ChaosBundle>(coarse ? PLAIN_BUNDLES : CHAOS_BUNDLES);
  const ahead = coarse ? draw.pick(COARSE.skews) : draw.chance(0.5) ? draw.pick(SKEWS) : draw.int(-300_000, 300_000);
  const visitors = [drawVisitor(draw), drawVisitor(draw)];
  const visits = Array.from({ length: coarse ? 1 : draw.int(1, 4) }, (_, index): ChaosVisit => {
    // A server's clock may be put right between two requests.
    const edgeAheadMs = !coarse && draw.chance(0.1) ? draw.pick(SKEWS) : ahead;
    const post = isCollector(bundle) ? drawPost(draw, bundle === 'collector' ? 500 : MOST_SHAPED) : undefined;
    const afterMs = draw.pick(GAPS);
    return {
      afterMs,
      edgeAheadMs,
      visitor: draw.pick(visitors),
      post,
      edgeKv: drawEdgeKv(draw, coarse, draw.chance(0.5) ? index + 1 : draw.int(1, index + 1)),
      ingest: drawIngest(draw, coarse),
    };
  });
  return { seed, bundle, visits };
}

function drawEdgeKv(draw: Draw, coarse: boolean, serial: number): EdgeKvPlan {
  const fine = draw.chance(0.6);
  const odd = draw.chance(0.5);
  return {
    course: fine ? PROMPT : drawCourse(draw, coarse, 300),
    status: fine || odd ? 200 : draw.pick([204, 301, 400, 401, 403, 404, 429, 500, 503]),
    flaw: fine || draw.chance(0.5) ? undefined : draw.pick(['malformed', 'version unknown']),
    variant: draw.int(0, 1_000),
    serial,
    lifeSeconds: draw.chance(0.6) ? 3_600 : draw.pick(coarse ? COARSE.lives : LIVES),
    ageSeconds: draw.chance(0.7) ? 900 : draw.pick(coarse ? COARSE.ages : AGES),
    revoked: draw.chance(0.08),
  };
}

function drawIngest(draw: Draw, coarse: boolean): IngestPlan {
  const by = draw.pick(['true', 'true', 'true', 'ingest', 'ingest', 'gateway'] as const);
  const status =
    by === 'ingest'
      ? draw.pick([200, 200, 202, 202, 400, 401, 403, 404, 413, 415, 422, 422, 429, 500, 503])
      : draw.pick([200, 301, 400, 401, 403, 404, 413, 429, 500, 502, 503]);
  return {
    course: draw.chance(0.7) ? PROMPT : drawCourse(draw, coarse, 3_000),
    by,
    status,
    receipt: draw.pick(['stored', 'spooled', 'quarantined', 'broken', 'empty', 'wrong']),
    retryAfter: drawRetryAfter(draw),
  };
}

const PROMPT: Course = { kind: 'whole', headMs: 2, bodyMs: 1 };

function drawCourse(draw: Draw, coarse: boolean, timeoutMs: number): Course {
  const kind = draw.pick(['whole', 'whole', 'cut', 'body cut', 'silent'] as const);
  if (coarse) return { kind, headMs: draw.pick([0, 0, timeoutMs + 1_500]), bodyMs: 0 };
  // Never on the limit itself: which of two things that happen at one moment comes first is nobody's promise.
  const delay = () => draw.pick([0, 1, Math.floor(timeoutMs / 3), timeoutMs - 2, timeoutMs + 2, 6_000]);
  return { kind, headMs: delay(), bodyMs: draw.pick([0, 0, 1, Math.floor(timeoutMs / 2)]) };
}

function drawRetryAfter(draw: Draw): RetryAfter {
  const kind = draw.pick(['none', 'garbage', 'seconds', 'seconds', 'date'] as const);
  if (kind === 'none' || kind === 'garbage') return { kind };
  return {
    kind,
    seconds: draw.pick(kind === 'seconds' ? [0, 1, 5, 59, 60, 61, 999_999_999] : [-100, 0, 7, 45, 100_000]),
  };
}
