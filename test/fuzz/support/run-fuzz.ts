import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import fc from 'fast-check';
import { compareAnswer, outcomeOf, type SentBatch } from './compare-answer.ts';
import { columnsOf, compareStored, type FoundBatch, READ_OF_QUARANTINE, type ReadRow } from './compare-stored.ts';
import { FUZZ_CASES, type FuzzCase, requestOf } from './fuzz-requests.ts';
import { type FuzzRig, type Home, PRINCIPAL } from './fuzz-rig.ts';
import { FUZZ_TABLES } from './fuzz-tables.ts';
import { headersOf, judgeRequest } from './oracle-answer.ts';
import { Digits, type Json } from './oracle-json.ts';

export interface FuzzRun {
  /** What differs from the oracle, in words; the run ends with the first group that has any. */
  readonly differences: readonly string[];
  /** How many were answered so: by the code, or by the status where there is none. */
  readonly tally: Readonly<Record<string, number>>;
  readonly stored: number;
  readonly quarantined: number;
  /** Cases that took over a second when they were sent again, alone, in CPU time of this process. */
  readonly slow: readonly string[];
}

interface Sent extends SentBatch {
  readonly name: string;
  readonly fuzzCase: FuzzCase;
  readonly home: Home;
  readonly stamp: ReadonlyMap<string, string>;
}

/** Read back together. */
const GROUP = 1_000;
const AT_ONCE = 250;
/** One in so many goes into the shipped tables. */
const SHIPPED = 25;
const MOST_MS = 1_000;
const LOOK_MS = 20;

/** Sends generated requests and holds each answer, and each field that is stored, against the oracle. */
export async function runFuzz(rig: FuzzRig, cases: number, seed: number): Promise<FuzzRun> {
  const tally: Record<string, number> = {};
  const differences: string[] = [];
  const slow: string[] = [];
  let [stored, quarantined] = [0, 0];
  for (let from = 0; from < cases && differences.length === 0; from += GROUP) {
    const group = fc.sample(FUZZ_CASES, { seed: seed + from, numRuns: Math.min(GROUP, cases - from) });
    const meter = startCpuMeter();
    const sent = await sendAll(rig, group, from);
    const longestMs = meter.stop();
    const found = await readBack(rig);
    for (const batch of sent) {
      const outcome = outcomeOf(batch.answer);
      tally[outcome] = (tally[outcome] ?? 0) + 1;
      const rows = found.get(`${batch.home} ${batch.batchId}`) ?? { stored: new Map(), quarantined: new Map() };
      found.delete(`${batch.home} ${batch.batchId}`);
      stored += rows.stored.size;
      quarantined += rows.quarantined.size;
      const wrong = [...compareAnswer(batch, rows), ...compareRows(batch, rows)];
      differences.push(...wrong.map((text) => `${batch.name}: ${text}`));
    }
    for (const key of found.keys()) differences.push(`rows of nobody's batch: ${key}`);
    await rig.empty();
    // Which of them it was, each alone will show.
    for (const batch of longestMs > MOST_MS ? sent : []) {
      const cpuMs = await sendAlone(rig, batch);
      if (cpuMs > MOST_MS) slow.push(`${batch.name}: ${Math.round(cpuMs)} ms`);
    }
    if (longestMs > MOST_MS) await rig.empty();
  }
  return { differences, tally, stored, quarantined, slow };
}

function compareRows({ expected, stamp }: Sent, rows: FoundBatch): readonly string[] {
  return expected.kind === 'judged' ? compareStored(expected.table, expected.rows, rows, stamp) : [];
}

async function sendAll(rig: FuzzRig, group: readonly FuzzCase[], from: number): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const waiting = group.entries();
  const worker = async () => {
    for (const [at, fuzzCase] of waiting) sent.push(await sendOne(rig, fuzzCase, from + at));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return sent;
}

async function sendOne(rig: FuzzRig, fuzzCase: FuzzCase, number: number): Promise<Sent> {
  const id = `01930000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
  const exp = rig.now + fuzzCase.expiresIn;
  const home: Home = fuzzCase.table.stream === 'web_events' && number % SHIPPED === 0 ? 'shipped' : 'memory';
  const request = requestOf(fuzzCase, { ...rig.sender, stream: fuzzCase.table.stream }, rig.now, id);
  const headers = headersOf(request);
  const stream = request.target.split('/')[3] ?? '';
  const expected = judgeRequest(request, headers, stream, { ...rig.known, exp });
  const requestId = `fuzz-${number}`;
  const answer = await rig.send(home, request, { requestId, stream, exp }).catch(
    (error: unknown): APIGatewayProxyStructuredResultV2 => ({
      statusCode: 0,
      body: JSON.stringify({ code: `crashed: ${String(error)}` }),
    }),
  );
  return {
    name: `case ${number} (${stream}, ${request.body.length} bytes)`,
    fuzzCase,
    home,
    requestId,
    batchId: id,
    stream,
    expected,
    answer,
    stamp: stampOf(headers, rig.now, id),
  };
}

/**
 * Measures the longest time that the process kept to one thing: ingest parses and judges a batch without a pause. In CPU time, for others
 * have work on this machine too.
 */
function startCpuMeter(): { stop(): number } {
  let longestMs = 0;
  let last = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    longestMs = Math.max(longestMs, (user + system) / 1000);
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return longestMs;
    },
  };
}

/** In milliseconds of CPU time. */
async function sendAlone(rig: FuzzRig, { fuzzCase, home, name }: Sent): Promise<number> {
  const request = requestOf(
    fuzzCase,
    { ...rig.sender, stream: fuzzCase.table.stream },
    rig.now,
    '01930000-0000-7000-9000-000000000000',
  );
  const stream = request.target.split('/')[3] ?? '';
  const before = process.cpuUsage();
  await rig.send(home, request, { requestId: name, stream, exp: rig.now + fuzzCase.expiresIn });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function stampOf(headers: ReadonlyMap<string, string>, now: number, batchId: string): ReadonlyMap<string, string> {
  return new Map([
    ['_batch_id', batchId],
    ['_batch_digest', headers.get('content-digest') ?? ''],
    ['_batch_rows', headers.get('edge-batch-rows') ?? ''],
    ['_principal', PRINCIPAL],
    ['_auth', 'token'],
    ['_trust', 'edge'],
    ['_source', headers.get('edge-source') ?? ''],
    ['_region', 'us-east-1'],
    ['_received_at', new Date(now * 1000).toISOString()],
  ]);
}

/** All rows in the database, by home and batch. */
async function readBack(rig: FuzzRig): Promise<Map<string, FoundBatch>> {
  const batches = new Map<
    string,
    { readonly stored: Map<number, ReadRow>; readonly quarantined: Map<number, ReadRow> }
  >();
  const take = (home: Home, rows: readonly ReadRow[], place: 'stored' | 'quarantined') => {
    for (const row of rows) {
      const key = `${home} ${String(row.get('_batch_id'))}`;
      const batch = batches.get(key) ?? { stored: new Map(), quarantined: new Map() };
      batches.set(key, batch);
      const at = numberOf(row.get('_row'));
      // One that is there twice has no number of its own.
      batch[place].set(batch[place].has(at) ? -1 - at : at, row);
    }
  };
  for (const home of ['memory', 'shipped'] as const) {
    for (const table of home === 'memory' ? FUZZ_TABLES : FUZZ_TABLES.slice(0, 1)) {
      take(home, await rig.rowsOf(home, table.stream, columnsOf(table)), 'stored');
    }
    take(home, await rig.rowsOf(home, 'quarantine', READ_OF_QUARANTINE), 'quarantined');
  }
  return batches;
}

function numberOf(value: Json | undefined): number {
  return value instanceof Digits ? Number(value.text) : Number.NaN;
}
