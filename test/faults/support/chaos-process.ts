import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeRule, HandlerReport } from '../../../local/edge/edge-options.ts';
import { startEdge } from '../../../local/edge/start-edge.ts';
import { listen } from '../../../local/listen.ts';
import { startOddSite } from '../../integration/support/edge-odd-site.ts';
import { type TimedSeen, visible, visit } from '../../integration/support/edge-visitor.ts';
import { buildChaosBundle, chaosSettings, isCollector } from './chaos-bundles.ts';
import { type ChaosBundle, type ChaosCase, type ChaosVisit, type Course, PLAIN_BUNDLES } from './chaos-cases.ts';
import { ChaosOracle, EDGEKV_BUDGET_MS, type Expected, INGEST_BUDGET_MS } from './chaos-oracle.ts';
import type { CollectPost } from './chaos-posts.ts';
import { API_HOST, ChaosWorld, EDGEKV_HOST, type ReplyText, SECRET } from './chaos-world.ts';

const FIRST_ID = 700_000;
const PLACEHOLDER_ID = 123_456;
const SIDE_BY_SIDE = 6;
/** What is left un-awaited has its 300 ms and 3 s. */
const LAST_MS = 4_000;
/** For a busy machine. */
const SLACK_MS = 700;
const MOST_BODY_BYTES = 65_536;

interface Subject {
  readonly chaos: ChaosCase;
  readonly visit: ChaosVisit;
  readonly edgeWorkerId: number;
  readonly world: ChaosWorld;
  reads: number;
  posts: number;
  expected: Expected | undefined;
  answer: TimedSeen | undefined;
}

/**
 * Runs single visits through the edge's own process, EdgeKV and ingest on loopback, all clocks real.
 *
 * @returns what was not as documented, by case
 */
export async function runInProcess(cases: readonly ChaosCase[]): Promise<ReadonlyMap<ChaosCase, string>> {
  const mains = new Map<ChaosBundle, string>();
  for (const bundle of new Set(PLAIN_BUNDLES)) mains.set(bundle, await buildChaosBundle(bundle, PLACEHOLDER_ID));
  const subjects = cases.map((chaos, index): Subject => {
    const [first] = chaos.visits;
    if (first === undefined) throw new Error('a case has visits');
    const planned = { ...first, post: first.post === undefined ? undefined : overTheWire(first.post) };
    const counts = { reads: 0, posts: 0, expected: undefined, answer: undefined };
    return { chaos, visit: planned, edgeWorkerId: FIRST_ID + index, world: new ChaosWorld(), ...counts };
  });
  const edgeKv = createServer((message, response) => {
    const subject = subjects[Number(/items\/(\d+)$/.exec(message.url ?? '')?.[1]) - FIRST_ID];
    if (subject === undefined) return response.destroy();
    subject.reads += 1;
    return play(
      subject.world.edgeKv(subject.visit.edgeKv, trueSeconds(subject)),
      subject.visit.edgeKv.course,
      response,
    );
  });
  const ingest = createServer(async (message, response) => {
    const subject = subjects[Number(/^ew\/(\d+)\//.exec(String(message.headers['edge-source']))?.[1]) - FIRST_ID];
    if (subject === undefined) return response.destroy();
    subject.posts += 1;
    const batch = { path: message.url ?? '', headers: single(message), body: await text(message) };
    const reply = subject.world.ingest(subject.visit, batch, trueSeconds(subject), Date.now());
    return play(reply, subject.visit.ingest.course, response);
  });
  const site = await startOddSite();
  const edge = await startEdge({
    tier: 'basic',
    contexts: 1,
    site: site.url,
    rules: subjects.map((subject) => ruleOf(subject, mains.get(subject.chaos.bundle) ?? '')),
    properties: {
      [API_HOST]: { origin: await listen(ingest, 0), allowPost: true },
      [EDGEKV_HOST]: { origin: await listen(edgeKv, 0), allowPost: false },
    },
  });
  try {
    const direct = await visit(site.url, { target: '/odd' });
    const waiting = [...subjects];
    const work = async () => {
      for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift())
        await ask(subject, edge.url);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    await pause(LAST_MS);
    const { handlers } = await edge.report();
    const wrong = subjects.map((subject) => [subject.chaos, compare(subject, direct, handlers).join('; ')] as const);
    return new Map(wrong.filter(([, faults]) => faults !== ''));
  } finally {
    await Promise.all([edge.stop(), site.close()]);
    for (const server of [edgeKv, ingest]) {
      server.close();
      server.closeAllConnections();
    }
  }
}

/** The edge's clock is the machine's; so everybody else's is behind by as much as the edge is ahead. */
function trueSeconds({ visit: { edgeAheadMs } }: Subject): number {
  return Math.floor((Date.now() - edgeAheadMs) / 1_000);
}

function ruleOf({ chaos, edgeWorkerId }: Subject, mainJs: string): EdgeRule {
  const path = isCollector(chaos.bundle) ? `/${edgeWorkerId}/collect` : `/${edgeWorkerId}/*`;
  const own = mainJs.replaceAll(String(PLACEHOLDER_ID), String(edgeWorkerId));
  return { path, edgeWorkerId, version: '1.0.0', mainJs: own, takesOptions: true };
}

/** What of a post can be said over HTTP by a client that sends its own Content-Length. */
function overTheWire(post: CollectPost): CollectPost {
  const { 'content-length': length, ...headers } = post.headers;
  const headFaults = new Set(post.headFaults);
  if (Buffer.byteLength(post.text) > MOST_BODY_BYTES) headFaults.add('BODY_TOO_LARGE');
  else headFaults.delete('BODY_TOO_LARGE');
  return {
    ...post,
    headers,
    cut: false,
    method: ['POST', 'GET', 'PUT', 'DELETE', 'OPTIONS'].includes(post.method) ? post.method : 'PUT',
    headFaults,
  };
}

async function ask(subject: Subject, edge: string): Promise<void> {
  const { visit: planned, edgeWorkerId } = subject;
  const { post, visitor, edgeAheadMs } = planned;
  const lines = Object.entries({ ...visitor.headers, ...post?.headers }).flatMap(([name, values]) => {
    const value = values.join(', ').slice(0, 1_000);
    return values.length === 0 || name === 'content-length' || !/^[\x21-\x7e][\x20-\x7e]*$/.test(value)
      ? []
      : [[name, value]];
  });
  const query = post === undefined || post.query === '' ? '' : `?${post.query}`;
  subject.expected = new ChaosOracle(chaosSettings(subject.chaos.bundle, edgeWorkerId)).expect(
    planned,
    Date.now() - edgeAheadMs,
  );
  subject.answer = await visit(edge, {
    method: post?.method ?? 'GET',
    target: post === undefined ? `/${edgeWorkerId}/odd` : `/${edgeWorkerId}/collect${query}`,
    headers: { ...Object.fromEntries(lines), host: 'www.site.example' },
    ...(post === undefined ? {} : { body: post.text }),
  });
}

function compare(subject: Subject, direct: TimedSeen, handlers: readonly HandlerReport[]): readonly string[] {
  const { expected, answer, visit: planned } = subject;
  if (expected === undefined || answer === undefined) return ['no answer'];
  const faults: string[] = [];
  const must = (what: string, wanted: unknown, seen: unknown): void => {
    if (JSON.stringify(wanted) !== JSON.stringify(seen)) {
      faults.push(`${what}: expected ${JSON.stringify(wanted)}, seen ${JSON.stringify(seen)}`);
    }
  };
  const own = handlers.filter(({ edgeWorkerId }) => edgeWorkerId === subject.edgeWorkerId);
  must(
    'failures',
    [],
    own.flatMap(({ failures }) => Object.keys(failures)),
  );
  must('reads', expected.reads, subject.reads);
  must('posts', expected.posts, subject.posts);
  const lines = own.flatMap(({ logLines }) => logLines.map(({ message }) => message));
  must(
    'log',
    expected.logged,
    lines.map((line, at) => line.slice(0, expected.logged[at]?.length)),
  );
  if (planned.post === undefined) {
    must('the site’s answer', visible(direct), visible(answer));
    return faults;
  }
  const json: { readonly code?: unknown } = answer.body.length === 0 ? {} : JSON.parse(answer.body.toString());
  const headers = new Map(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const wanted = expected.answer;
  must('status and code', [wanted?.status, wanted?.code], [answer.status, json.code]);
  must(
    'retry-after',
    wanted?.retryAfter === undefined ? undefined : String(wanted.retryAfter),
    headers.get('retry-after'),
  );
  must('CORS', wanted?.cors, headers.has('access-control-allow-origin'));
  if (answer.elapsedMs > EDGEKV_BUDGET_MS + INGEST_BUDGET_MS + SLACK_MS)
    faults.push(`answered after ${answer.elapsedMs} ms`);
  if (JSON.stringify([answer.headers, json]).includes(SECRET)) faults.push('a secret in the answer');
  return faults;
}

function single(message: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
}

async function play(
  { status, headers, body }: ReplyText,
  { kind, headMs }: Course,
  response: ServerResponse,
): Promise<void> {
  if (kind === 'silent') return;
  if (headMs > 0) await pause(headMs);
  if (response.destroyed) return;
  if (kind === 'cut') response.destroy();
  else if (kind === 'body cut') {
    response.writeHead(status, { ...headers, 'content-length': body.length + 10 }).flushHeaders();
    response.write(body.slice(0, 1));
    // After the head is out.
    setTimeout(() => response.destroy(), 20);
  } else response.writeHead(status, headers).end(body);
}
