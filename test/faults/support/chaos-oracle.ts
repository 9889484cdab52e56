import type { CollectorCode } from '../../../edgeworker/src/collector-answer.ts';
import { COLLECTOR_PROBLEMS } from '../../../edgeworker/src/collector-answer.ts';
import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { RATE } from './chaos-bundles.ts';
import type { ChaosVisit, Course, EdgeKvPlan, IngestPlan, RetryAfter } from './chaos-cases.ts';
import { type CollectPost, HEAD_FAULTS } from './chaos-posts.ts';
import { hiddenAddress, isLeftOut } from './chaos-shapes.ts';

// What the documents say of each fault (docs/edge.md, docs/errors.md), worked out from the plan of a case alone.

/** What a visit has to end in. */
export interface Expected {
  readonly reads: number;
  readonly posts: number;
  /** Milliseconds until the delivery is over, whether somebody waits for it or not. */
  readonly elapsedMs: number;
  /** The lines in the log, or what they begin with. */
  readonly logged: readonly string[];
  /** Of a collector. */
  readonly answer: ExpectedAnswer | undefined;
}

export interface ExpectedAnswer {
  readonly status: number;
  readonly code: CollectorCode | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  readonly cors: boolean;
}

export const EDGEKV_BUDGET_MS = 300;
export const INGEST_BUDGET_MS = 3_000;
const MOST_BODY_BYTES = 65_536;
const REFUSED_SECONDS = 60;

type Result =
  | { readonly kind: 'answered' | 'not-ours'; readonly status: number }
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'no-credentials'; readonly reason: string }
  | { readonly kind: 'held-back'; readonly seconds: number };

interface Delivered {
  readonly result: Result;
  readonly reads: number;
  readonly posts: number;
  readonly elapsedMs: number;
}

interface Item {
  readonly serial: number;
  readonly exp: number;
  readonly notBefore: number;
  readonly revoked: boolean;
}

interface Held {
  readonly item: Item;
  readonly readAt: number;
}

/** What one context remembers from visit to visit. */
export class ChaosOracle {
  readonly #settings: EdgeSettings;
  readonly #items = new Map<number, Item>();
  #held: Held | undefined;
  #refused: { readonly serial: number; readonly at: number } | undefined;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  readonly #rooms = new Map<string, { readonly room: number; readonly atMs: number }>();

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
  }

  /** @param trueMs when the visit begins, by everybody else's clock */
  expect(visit: ChaosVisit, trueMs: number): Expected {
    const { post, edgeAheadMs } = visit;
    const edgeMs = trueMs + edgeAheadMs;
    return post === undefined ? this.#event(visit, trueMs, edgeMs) : this.#collect(visit, post, trueMs, edgeMs);
  }

  #event(visit: ChaosVisit, trueMs: number, edgeMs: number): Expected {
    if (isLeftOut(visit, this.#settings)) return { ...NONE, answer: undefined };
    const { result, ...used } = this.#deliver(visit, trueMs, edgeMs);
    const isStored = result.kind === 'answered' && (result.status === 200 || result.status === 202);
    const lost = isStored ? [] : [`edgehouse: an event was lost: ${inWords(result)}`];
    return { ...used, logged: [...hiddenAddress(visit, this.#settings), ...lost], answer: undefined };
  }

  #collect(visit: ChaosVisit, post: CollectPost, trueMs: number, edgeMs: number): Expected {
    const cors = post.origin === 'allowed';
    const refuse = (code: CollectorCode, retryAfter?: number): Expected => {
      const { status, retryable } = COLLECTOR_PROBLEMS[code];
      return { ...NONE, answer: { status, code, retryAfter: retryable ? (retryAfter ?? 5) : undefined, cors } };
    };
    if (post.method === 'OPTIONS') {
      if (post.origin === 'denied') return refuse('ORIGIN_DENIED');
      return { ...NONE, answer: { status: 204, code: undefined, retryAfter: undefined, cors } };
    }
    if (post.method !== 'POST') return refuse('METHOD_NOT_ALLOWED');
    const headFault = HEAD_FAULTS.find((code) => post.headFaults.has(code));
    if (headFault !== undefined) return refuse(headFault);
    const address = String(visit.visitor.facts['clientIp'] ?? '');
    const missing = 1 - this.#room(address, edgeMs);
    if (address !== '' && missing > 0) return refuse('RATE_LIMITED', Math.ceil((missing * 60) / RATE.batchesPerMinute));
    const seconds = this.#secondsHeld(edgeMs);
    if (seconds > 0) {
      return { ...refuse('UNAVAILABLE', seconds), logged: [notStored({ kind: 'held-back', seconds })] };
    }
    if (post.cut) return { ...refuse('UNAVAILABLE'), logged: ['edgehouse: the collector failed'] };
    const bytes = post.text.length > MOST_BODY_BYTES ? post.text.length : Buffer.byteLength(post.text);
    const cost = Math.max(1, (bytes / (RATE.kilobytesPerMinute * 1_024)) * RATE.batchesPerMinute);
    this.#rooms.set(address, { room: this.#room(address, edgeMs) - cost, atMs: edgeMs });
    if (post.bodyFault === 'BODY_TOO_LARGE') return refuse(post.bodyFault);
    const hidden = hiddenAddress(visit, this.#settings);
    if (post.bodyFault !== undefined) return { ...refuse(post.bodyFault), logged: hidden };

    const { result, ...sent } = this.#deliver(visit, trueMs, edgeMs);
    const used = { ...sent, logged: hidden };
    const unavailable = (): Expected => ({
      ...refuse('UNAVAILABLE', this.#secondsHeld(edgeMs) || undefined),
      ...used,
      logged: [...hidden, notStored(result)],
    });
    if (result.kind !== 'answered') return unavailable();
    if (result.status === 413) return { ...refuse('BODY_TOO_LARGE'), ...used };
    const receipt = visit.ingest.by === 'true' ? result.status === 200 : RECEIPTS.includes(visit.ingest.receipt);
    if (!receipt || ![200, 202, 422].includes(result.status)) return unavailable();
    if (result.status === 422) return { ...refuse('ROWS_REFUSED'), ...used };
    return { ...used, answer: { status: 202, code: undefined, retryAfter: undefined, cors } };
  }

  #deliver(visit: ChaosVisit, trueMs: number, edgeMs: number): Delivered {
    const seconds = this.#secondsHeld(edgeMs);
    if (seconds > 0) return { result: { kind: 'held-back', seconds }, reads: 0, posts: 0, elapsedMs: 0 };
    const edgeSeconds = Math.floor(edgeMs / 1_000);
    const age = edgeSeconds - (this.#held?.readAt ?? 0);
    let reads = 0;
    let elapsedMs = 0;
    let reason = '';
    let use = this.#held;
    if (use === undefined || age < 0 || age > 60 || use.item.exp - edgeSeconds < 60) {
      reads = 1;
      const item = this.#itemOf(visit.edgeKv, Math.floor(trueMs / 1_000));
      const read = readOutcome(visit.edgeKv, item, edgeSeconds);
      elapsedMs = read.elapsedMs;
      const isRefused = read.kind === 'found' && this.#isRefused(item, edgeSeconds);
      if (read.kind === 'none') reason = read.reason;
      else if (isRefused) reason = 'EdgeKV still has the token that was refused';
      else this.#held = { item, readAt: edgeSeconds };
      use = this.#held !== undefined && edgeSeconds < this.#held.item.exp ? this.#held : undefined;
      if (use === undefined && isRefused) this.#heldUntilMs = edgeMs + REFUSED_SECONDS * 1_000;
    }
    if (use === undefined) return { result: { kind: 'no-credentials', reason }, reads, posts: 0, elapsedMs };
    const sent = postOutcome(visit.ingest, isGood(use.item, Math.floor((trueMs + elapsedMs) / 1_000), edgeSeconds));
    const { result } = sent;
    if (result.kind === 'answered' || result.kind === 'not-ours') {
      if (result.status === 401 || result.status === 403) {
        this.#refused = { serial: use.item.serial, at: edgeSeconds };
        this.#held = undefined;
      }
      if (result.status === 429 || result.status === 503) {
        this.#heldUntilMs = edgeMs + waitSeconds(visit.ingest.retryAfter, edgeMs) * 1_000;
      }
    }
    return { result, reads, posts: 1, elapsedMs: elapsedMs + sent.elapsedMs };
  }

  /** What a token is when it is read for the first time, it stays. */
  #itemOf({ serial, lifeSeconds, ageSeconds, revoked }: EdgeKvPlan, trueSeconds: number): Item {
    const first = { serial, exp: trueSeconds + lifeSeconds, notBefore: trueSeconds - ageSeconds, revoked };
    const item = this.#items.get(serial) ?? first;
    this.#items.set(serial, item);
    return item;
  }

  #isRefused({ serial }: Item, edgeSeconds: number): boolean {
    const age = edgeSeconds - (this.#refused?.at ?? 0);
    return this.#refused?.serial === serial && age >= 0 && age < REFUSED_SECONDS;
  }

  #secondsHeld(edgeMs: number): number {
    const seconds = Math.ceil((this.#heldUntilMs - edgeMs) / 1_000);
    return seconds > 0 && seconds <= 60 ? seconds : 0;
  }

  #room(address: string, edgeMs: number): number {
    const known = this.#rooms.get(address);
    if (known === undefined || address === '') return RATE.batchesPerMinute;
    const filled = known.room + (Math.max(0, edgeMs - known.atMs) / 60_000) * RATE.batchesPerMinute;
    return Math.min(RATE.batchesPerMinute, filled);
  }
}

const RECEIPTS: readonly IngestPlan['receipt'][] = ['stored', 'spooled', 'quarantined'];

const NONE = { reads: 0, posts: 0, elapsedMs: 0, logged: [] } as const;

type Read =
  | { readonly kind: 'found'; readonly elapsedMs: number }
  | { readonly kind: 'none'; readonly reason: string; readonly elapsedMs: number };

function readOutcome(plan: EdgeKvPlan, { exp, notBefore }: Item, edgeSeconds: number): Read {
  const { headMs, bodyMs } = plan.course;
  const failed = (reason: string, elapsedMs: number): Read => ({
    kind: 'none',
    reason,
    elapsedMs: Math.min(elapsedMs, EDGEKV_BUDGET_MS),
  });
  const noAnswer = `EdgeKV gave no whole answer within ${EDGEKV_BUDGET_MS} ms`;
  if (!headComes(plan.course, EDGEKV_BUDGET_MS)) return failed(noAnswer, headEnd(plan.course));
  if (plan.status !== 200) return failed(`EdgeKV answered ${plan.status}`, headMs);
  if (plan.course.kind === 'body cut' || headMs + bodyMs > EDGEKV_BUDGET_MS) return failed(noAnswer, headMs + bodyMs);
  const item = (state: string): Read => failed(`the EdgeKV item is ${state}`, headMs + bodyMs);
  if (plan.flaw !== undefined) return item(plan.flaw);
  if (edgeSeconds >= exp) return item('expired');
  if (edgeSeconds < notBefore - 30) return item('not yet valid');
  return { kind: 'found', elapsedMs: headMs + bodyMs };
}

function postOutcome(plan: IngestPlan, good: boolean): { readonly result: Result; readonly elapsedMs: number } {
  const { course, by } = plan;
  const whole = course.headMs + course.bodyMs;
  const unanswered = (elapsedMs: number) =>
    ({ result: { kind: 'unanswered' }, elapsedMs: Math.min(elapsedMs, INGEST_BUDGET_MS) }) as const;
  if (!headComes(course, INGEST_BUDGET_MS)) return unanswered(headEnd(course));
  // Of an answer that is not ingest's nobody reads the body.
  if (by === 'gateway') return { result: { kind: 'not-ours', status: plan.status }, elapsedMs: course.headMs };
  if (course.kind === 'body cut' || whole > INGEST_BUDGET_MS) return unanswered(whole);
  const status = by === 'ingest' ? plan.status : good ? 200 : 401;
  return { result: { kind: 'answered', status }, elapsedMs: whole };
}

/** What ingest finds: a token that is known and not over, and a signature that is neither old nor of later. */
function isGood({ revoked, exp }: Item, trueSeconds: number, created: number): boolean {
  if (revoked || trueSeconds > exp + 30) return false;
  return trueSeconds - created <= 300 && created - trueSeconds <= 60;
}

function headComes({ kind, headMs }: Course, budgetMs: number): boolean {
  return (kind === 'whole' || kind === 'body cut') && headMs <= budgetMs;
}

function headEnd({ kind, headMs }: Course): number {
  return kind === 'silent' ? Number.POSITIVE_INFINITY : headMs;
}

function waitSeconds(retryAfter: RetryAfter, edgeMs: number): number {
  if (!('seconds' in retryAfter)) return 5;
  // A date has whole seconds.
  const asked =
    retryAfter.kind === 'seconds'
      ? retryAfter.seconds
      : (Math.floor(edgeMs / 1_000 + retryAfter.seconds) * 1_000 - edgeMs) / 1_000;
  return Math.min(60, Math.max(1, asked));
}

function notStored(result: Result): string {
  return `edgehouse: a batch was not stored: ${inWords(result)}`;
}

function inWords(result: Result): string {
  switch (result.kind) {
    case 'answered':
      return `ingest answered ${result.status}`;
    case 'not-ours':
      return `the way to ingest answered ${result.status}`;
    case 'unanswered':
      return 'ingest gave no whole answer, or not in time';
    case 'no-credentials':
      return `no credentials: ${result.reason}`;
    case 'held-back':
      return `nothing is sent for ${result.seconds} s more`;
  }
}
