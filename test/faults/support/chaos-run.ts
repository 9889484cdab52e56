import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';
import type { ChaosBundle, ChaosCase, ChaosVisit, Course } from './chaos-cases.ts';
import { ChaosOracle, EDGEKV_BUDGET_MS, type Expected, INGEST_BUDGET_MS } from './chaos-oracle.ts';
import type { ChaosPlatform, MadeAnswer, PlatformCall, SubAnswer, SubRequest } from './chaos-platform.ts';
import { rowFaults } from './chaos-shapes.ts';
import { ChaosWorld, EDGEKV_HOST, type ReplyText, SECRET } from './chaos-world.ts';
import { hostileRequest, hostileResponse } from './hostile-objects.ts';

export interface BuiltBundle {
  readonly mainJs: string;
  readonly settings: EdgeSettings;
}

/** What one case came to: its visits by outcome, and what was not as documented. */
export interface CaseResult {
  readonly outcomes: readonly string[];
  readonly faults: readonly string[];
}

const START_MS = 1_763_884_800_123;
/** No visitor waits longer than this for the collector; for a page nobody waits at all. */
const BUDGET_MS = EDGEKV_BUDGET_MS + INGEST_BUDGET_MS;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TOKENS = /aa\.token|reference|Zk1x0c9dQe7hL2sA|batchkey/;

/** Runs a case in this process, and holds each of its visits against the documents. */
export async function runCase(
  chaos: ChaosCase,
  platform: ChaosPlatform,
  bundles: Readonly<Record<ChaosBundle, BuiltBundle>>,
): Promise<CaseResult> {
  const { mainJs, settings } = bundles[chaos.bundle];
  const handlers = platform.load(mainJs);
  const world = new ChaosWorld();
  const oracle = new ChaosOracle(settings);
  const outcomes: string[] = [];
  const faults: string[] = [];
  let trueMs = START_MS;
  for (const visit of chaos.visits) {
    trueMs += visit.afterMs;
    const expected = oracle.expect(visit, trueMs);
    const seen = await runVisit(visit, trueMs, platform, handlers, world);
    faults.push(...compare(visit, expected, seen, settings));
    outcomes.push(outcomeOf(chaos.bundle, expected));
    trueMs += seen.elapsedMs;
  }
  return { outcomes, faults };
}

interface Seen {
  readonly edgeMs: number;
  readonly answer: MadeAnswer | undefined;
  readonly thrown: string | undefined;
  readonly reads: readonly SubRequest[];
  readonly posts: readonly SubRequest[];
  readonly judged: readonly string[];
  readonly visitorMs: number;
  readonly elapsedMs: number;
  readonly logged: readonly string[];
  readonly breaches: readonly string[];
}

async function runVisit(
  visit: ChaosVisit,
  trueMs: number,
  platform: ChaosPlatform,
  handlers: ReturnType<ChaosPlatform['load']>,
  world: ChaosWorld,
): Promise<Seen> {
  const edgeMs = trueMs + visit.edgeAheadMs;
  const [reads, posts, judged]: [SubRequest[], SubRequest[], string[]] = [[], [], []];
  const call: PlatformCall = {
    edgeMs,
    logged: [],
    breaches: [],
    answer: (request, elapsedMs) => {
      const trueSeconds = Math.floor((trueMs + elapsedMs) / 1_000);
      if (new URL(request.url).hostname === EDGEKV_HOST) {
        reads.push(request);
        return played(world.edgeKv(visit.edgeKv, trueSeconds), visit.edgeKv.course);
      }
      posts.push(request);
      const batch = { path: new URL(request.url).pathname, headers: request.headers, body: request.body ?? '' };
      judged.push(world.judge(batch, trueSeconds));
      return played(world.ingest(visit, batch, trueSeconds, edgeMs), visit.ingest.course);
    },
  };
  const life = { gone: false };
  const total = { visitorMs: 0, elapsedMs: 0 };
  let answer: MadeAnswer | undefined;
  let thrown: string | undefined;
  for (const name of ['onClientRequest', 'responseProvider', 'onClientResponse']) {
    const handler = handlers[name];
    if (handler === undefined) continue;
    const request = hostileRequest(visit, name, call.breaches, life);
    const args = name === 'onClientResponse' ? [request, hostileResponse(visit, call.breaches, life)] : [request];
    const run = () => {
      try {
        return handler(...args);
      } catch (error) {
        thrown = String(error);
        return undefined;
      }
    };
    const ran = await platform
      .run(call, run, () => {
        // After an inline handler, what it looked at may be gone; that of the collector stays until its answer is there.
        life.gone = true;
      })
      .catch((error: unknown) => {
        thrown = String(error);
        return { returned: undefined, visitorMs: 0, elapsedMs: 0 };
      });
    life.gone = false;
    total.visitorMs += ran.visitorMs;
    total.elapsedMs += ran.elapsedMs;
    if (name === 'responseProvider') answer = ran.returned as MadeAnswer;
    else if (ran.returned !== undefined) call.breaches.push(`${name} returned something that Akamai would wait for`);
  }
  return { edgeMs, answer, thrown, reads, posts, judged, ...total, logged: call.logged, breaches: call.breaches };
}

function played({ status, headers, body }: ReplyText, { kind, headMs, bodyMs }: Course): SubAnswer {
  switch (kind) {
    case 'whole':
      return { status, headers, headMs, body, endMs: headMs + bodyMs };
    case 'body cut':
      return { status, headers, headMs, body: undefined, endMs: headMs + bodyMs };
    case 'cut':
      return { status, headers, headMs: undefined, body: undefined, endMs: headMs };
    case 'silent':
      return { status, headers, headMs: undefined, body: undefined, endMs: Number.POSITIVE_INFINITY };
  }
}

function compare(visit: ChaosVisit, expected: Expected, seen: Seen, settings: EdgeSettings): readonly string[] {
  const faults: string[] = [...seen.breaches];
  const must = (what: string, wanted: unknown, got: unknown): void => {
    if (!Object.is(wanted, got)) faults.push(`${what}: expected ${String(wanted)}, seen ${String(got)}`);
  };
  must('thrown', undefined, seen.thrown);
  must('reads', expected.reads, seen.reads.length);
  must('posts', expected.posts, seen.posts.length);
  must('milliseconds', expected.elapsedMs, seen.elapsedMs);
  must('log lines', expected.logged.length, seen.logged.length);
  for (const [at, line] of expected.logged.entries())
    must(`log line: ${line}`, true, seen.logged[at]?.startsWith(line));
  if (seen.logged.some((line) => TOKENS.test(line) || line.includes(SECRET))) faults.push('a secret in the log');
  for (const post of seen.posts) faults.push(...postFaults(visit, post, seen.edgeMs, settings));
  // A batch may be late or signed by a token that is over; it is never malformed.
  if (seen.judged.includes('MALFORMED')) faults.push('a batch that ingest cannot make out');
  if (visit.post === undefined) {
    must('milliseconds that the visitor waits', 0, seen.visitorMs);
    return faults;
  }
  if (seen.visitorMs > BUDGET_MS) faults.push(`the visitor waits ${seen.visitorMs} ms, expected at most ${BUDGET_MS}`);
  faults.push(...answerFaults(visit, expected, seen.answer));
  return faults;
}

function answerFaults(
  { post }: ChaosVisit,
  { answer: wanted }: Expected,
  answer: MadeAnswer | undefined,
): readonly string[] {
  if (answer === undefined || wanted === undefined) return ['no answer'];
  const faults: string[] = [];
  const must = (what: string, expected: unknown, got: unknown): void => {
    if (!Object.is(expected, got)) faults.push(`${what}: expected ${String(expected)}, seen ${String(got)}`);
  };
  const { status, headers, body } = answer;
  const json: { readonly code?: unknown; readonly batchId?: unknown; readonly received?: unknown } =
    body === '' ? {} : JSON.parse(body);
  must('status', wanted.status, status);
  must('code', wanted.code, json.code);
  must('retry-after', wanted.retryAfter === undefined ? undefined : String(wanted.retryAfter), headers['retry-after']);
  must('cache-control', 'no-store', headers['cache-control']);
  must('CORS', wanted.cors, headers['access-control-allow-origin'] !== undefined);
  if (status === 202) must('rows in the receipt', post?.rows, json.received);
  if (status === 202 && post?.batchId !== undefined) must('batch id in the receipt', post.batchId, json.batchId);
  const shown = JSON.stringify(answer);
  if (TOKENS.test(shown) || shown.includes(SECRET)) faults.push('a secret in the answer');
  return faults;
}

function postFaults(
  visit: ChaosVisit,
  { method, headers, body = '' }: SubRequest,
  edgeMs: number,
  settings: EdgeSettings,
): readonly string[] {
  const { post } = visit;
  const rows = post?.rows ?? 1;
  const id = headers['edge-batch-id'] ?? '';
  const faults: string[] = [];
  if (method !== 'POST') faults.push(`a batch sent by ${method}`);
  if (headers['edge-batch-rows'] !== String(rows))
    faults.push(`${headers['edge-batch-rows']} rows declared, of ${rows}`);
  if (post?.batchId === undefined ? !UUID_V7.test(id) : id !== post.batchId) faults.push(`batch id ${id}`);
  if (headers['content-type'] !== (post?.format === 'csv' ? 'text/csv' : 'application/json'))
    faults.push('content type');
  if (body.length > 500_000) faults.push(`a batch of ${body.length} characters`);
  return [...faults, ...rowFaults(visit, { batchId: id, body, edgeMs }, settings)];
}

/** A name for what a visit ended in. */
function outcomeOf(bundle: ChaosBundle, { answer, logged, posts }: Expected): string {
  if (answer !== undefined) return `${bundle} ${answer.status} ${answer.code ?? ''}`.trim();
  const lost = logged.find((line) => line.includes('an event was lost'));
  if (lost === undefined) return `${bundle} ${posts === 0 ? 'left out' : 'stored'}`;
  return `${bundle} lost: ${lost.replace(/^[^:]*: [^:]*: /, '').replace(/\d+ s more/, 'N s more')}`;
}
