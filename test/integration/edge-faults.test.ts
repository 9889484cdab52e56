import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  EDGEKV_FAULTS,
  type FaultCase,
  HELD_FAULTS,
  INGEST_FAULTS,
  NO_FAULT,
  RECEIPT,
  SECRET,
  TOKENS,
} from './support/edge-fault-cases.ts';
import { type EdgeLab, type Subject, startEdgeLab } from './support/edge-lab.ts';
import { headerOf, type TimedSeen, visible, visit } from './support/edge-visitor.ts';

// Every fault of EdgeKV and ingest, seen from the two sides of the edge: a visitor who asks for a page, and a browser that posts to
// /collect. Each fault has two EdgeWorkers of its own, and all run before the first test, side by side, for some take their 3 s.

const FAULTS = [NO_FAULT, ...EDGEKV_FAULTS, ...INGEST_FAULTS, ...HELD_FAULTS];
const ROWS = FAULTS.map((fault) => [fault.name, fault] as const);
/** EdgeKV 300 ms, ingest 3 s (design §3.2), and 400 ms for a busy machine. */
const BUDGET_MS = 3_700;
const PAGES = ['odd', 'chunked'] as const;
/** Few enough for two processors to leave EdgeKV its 300 ms, more than there are faults that take seconds. */
const SIDE_BY_SIDE = 6;

interface PageRun {
  readonly answers: readonly TimedSeen[];
  /** How the calls of the one that fails had ended by the time of the visitor's last byte: not yet, if nobody waited for them. */
  readonly endedBefore: readonly (string | undefined)[];
  readonly log: readonly string[];
}

interface CollectRun {
  readonly answers: readonly TimedSeen[];
  /** Sub-requests by the time of each answer. */
  readonly subRequests: readonly { readonly reads: number; readonly posts: number }[];
}

let lab: EdgeLab;
let direct: readonly TimedSeen[];
const pages = new Map<string, Promise<PageRun>>();
const collects = new Map<string, Promise<CollectRun>>();

beforeAll(async () => {
  lab = await startEdgeLab(FAULTS);
  direct = await Promise.all(PAGES.map((page) => visit(lab.site, { target: `/${page}` })));
  const waiting = [...FAULTS];
  const work = async () => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const page = askPages(lab.subject('request-event', fault.name));
      const collect = postTwice(lab.subject('collector', fault.name));
      pages.set(fault.name, page);
      collects.set(fault.name, collect);
      // What fails, fails in its own test.
      await Promise.allSettled([page, collect]);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
}, 60_000);
afterAll(() => lab?.close());

describe('a visitor who asks for a page while', () => {
  test.each(ROWS)(
    '%s gets the site’s own answer, no later, and at most one read and one POST are made',
    async (name, fault) => {
      const { answers, endedBefore, log } = await runOf(pages, name);

      const { edgeKv, ingest, report } = lab.subject('request-event', name);
      const { invocations, failures, subRequests } = await report();
      expect(answers.map(visible)).toEqual(direct.map(visible));
      expect(endedBefore.filter((outcome) => outcome !== undefined)).toEqual([]);
      expect({ invocations, failures }).toEqual({ invocations: 2, failures: {} });
      expect(subRequests.maxPerInvocation).toBeLessThanOrEqual(2);
      expect(askedOf({ edgeKv, ingest })).toEqual(fault.asks);
      expect(log).toEqual(lostLines(fault));
    },
  );
});

describe('a browser that posts its batch while', () => {
  test.each(ROWS)('%s is told what became of it, in time, with at most one read and one POST', async (name, fault) => {
    const { answers, subRequests } = await runOf(collects, name);

    const { edgeKv, ingest, report } = lab.subject('collector', name);
    const { failures, logLines } = await report();
    const refusal = fault.collected.status === 503;
    for (const answer of answers) {
      const json: unknown = JSON.parse(answer.body.toString());
      expect({ status: answer.status, json }).toMatchObject({ status: fault.collected.status, json: wordsOf(fault) });
      expect(answer.elapsedMs).toBeLessThan(BUDGET_MS);
      expect(headerOf(answer, 'retry-after') ?? 'none').toMatch(
        refusal ? (fault.heldBack ? /^(60|5\d)$/ : /^5$/) : /^none$/,
      );
      expect(answer.headers.map(([line]) => line.toLowerCase()).sort()).toEqual(
        ['cache-control', 'content-length', 'content-type', ...(refusal ? ['retry-after'] : [])].sort(),
      );
      expect(JSON.stringify([answer.headers, json])).not.toMatch(new RegExp(`${SECRET}|${TOKENS.join('|')}`));
    }
    expect(failures).toEqual({});
    expect(subRequests.map(({ reads, posts }) => [reads <= 1, posts <= 1])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(askedOf({ edgeKv, ingest })).toEqual(fault.asks);
    expect(logLines.map(({ message }) => message)).not.toContainEqual(expect.stringMatching(/aa\.|BwcH|not-for/));
    expect(logLines).toHaveLength(refusal ? 2 : 0);
  });

  test('EdgeKV takes 2 s is answered within its 300 ms', async () => {
    const { answers } = await runOf(collects, 'EdgeKV answers after 2 s');

    const { edgeKv } = lab.subject('collector', 'EdgeKV answers after 2 s');
    expect(edgeKv.calls.map((call) => call.outcome())).toEqual(['abandoned', 'abandoned']);
    for (const { elapsedMs } of answers) expect(elapsedMs).toBeLessThan(1_500);
  });
});

/** What the log says of two requests. */
function lostLines({ lost, heldBack }: FaultCase): readonly unknown[] {
  const line = `edgehouse: an event was lost: ${lost}`;
  const held = expect.stringMatching(/^edgehouse: an event was lost: nothing is sent for (60|5\d) s more$/);
  return lost === undefined ? [] : [line, heldBack ? held : line];
}

/** Two pages, one after the other. The one that fails holds its answer back until the visitor has the last byte. */
async function askPages(subject: Subject): Promise<PageRun> {
  const { fault, path, edgeKv, ingest } = subject;
  const faulty = fault.at === 'edgeKv' ? edgeKv : ingest;
  const answers: TimedSeen[] = [];
  const endedBefore: (string | undefined)[] = [];
  let log: readonly string[] = [];
  for (const [index, page] of PAGES.entries()) {
    const before = faulty.calls.length;
    faulty.hold();
    answers.push(await visit(lab.edge, { target: `${path}${page}` }));
    endedBefore.push(...faulty.calls.slice(before).map((call) => call.outcome()));
    faulty.release();
    const { logLines } = await (fault.lost === undefined ? subject.accepted(index + 1) : subject.logged(index + 1));
    log = logLines.map(({ message }) => message);
  }
  return { answers, endedBefore, log };
}

/** The same batch twice, one after the other. */
async function postTwice({ path, edgeKv, ingest }: Subject): Promise<CollectRun> {
  const answers: TimedSeen[] = [];
  const subRequests: { reads: number; posts: number }[] = [];
  for (let attempt = 1; attempt <= 2; attempt++) {
    const [reads, posts] = [edgeKv.calls.length, ingest.calls.length];
    answers.push(
      await visit(lab.edge, {
        method: 'POST',
        target: path,
        headers: { origin: lab.edge, 'content-type': 'application/json' },
        body: '[{"path":"/a","event_time":"2026-11-23T10:00:00Z"}]',
      }),
    );
    subRequests.push({ reads: edgeKv.calls.length - reads, posts: ingest.calls.length - posts });
  }
  return { answers, subRequests };
}

function runOf<Run>(runs: ReadonlyMap<string, Promise<Run>>, name: string): Promise<Run> {
  return runs.get(name) ?? Promise.reject(new Error(`${name} was not run`));
}

function askedOf({ edgeKv, ingest }: Pick<Subject, 'edgeKv' | 'ingest'>): FaultCase['asks'] {
  const tokens = ingest.calls.map(({ headers }) => String(headers.authorization).replace('Bearer ', ''));
  return { reads: edgeKv.calls.length, tokens };
}

/** A 202 has the receipt's counts, a refusal its code, and a 422 both. */
function wordsOf({ collected: { status, code } }: FaultCase): object {
  if (status === 202) return { batchId: RECEIPT.batchId, received: 1 };
  return { status, code, ...(status === 422 ? { batchId: RECEIPT.batchId, outcome: 'quarantined' } : {}) };
}
