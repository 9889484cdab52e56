import { config } from '../../config/loaded.ts';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { createHandWrittenInsert } from './baseline/hand-written-insert.ts';
import { createRawPost } from './baseline/post-raw-body.ts';
import { type BenchBatch, benchBatch, subjectOf } from './bench-batch.ts';
import { benchConfig } from './bench-config.ts';
import type { CompareOptions } from './compare.ts';
import { type BodyFormat, DATA_SETS, type DataSet } from './data-sets.ts';
import type { Figure } from './figure.ts';
import { DECISION_FIGURES, measureDecision } from './measure-authorizer.ts';
import { GATEWAY_FIGURE, measureGateway } from './measure-gateway.ts';
import { measureHeap, PEAK_HEAP } from './measure-heap.ts';
import { INGEST_MEASURES, measureIngest } from './measure-ingest.ts';
import { BUNDLE_FIGURES, INIT_FIGURES, measureBundles, measureInit } from './measure-init.ts';
import { measureOwnPart, OWN_PART } from './measure-own-part.ts';
import type { BenchEngine } from './start-bench-engine.ts';
import type { BenchIngest } from './start-ingest.ts';

/** Figures that are measured together. */
export interface Job {
  /** Of its figures. */
  readonly names: readonly string[];
  run(): Promise<readonly Figure[]>;
}

interface Repeats {
  readonly warmUps: number;
  readonly rounds: number;
  readonly shortRounds: number;
}

/** Small batches are short, so their noise needs more rounds. */
const SIZES: readonly (Repeats & { readonly rows: number })[] = [
  { rows: 100, warmUps: 10, rounds: 160, shortRounds: 25 },
  { rows: 1_000, warmUps: 10, rounds: 80, shortRounds: 15 },
  { rows: 10_000, warmUps: 5, rounds: 24, shortRounds: 5 },
];
const FORMATS: readonly BodyFormat[] = ['json', 'ndjson', 'csv', 'gzip'];

/** A decision takes a tenth of a millisecond: its 99th percentile needs many. */
const DECISIONS: Repeats = { warmUps: 500, rounds: 5_000, shortRounds: 1_000 };
const STARTS: Repeats = { warmUps: 2, rounds: 30, shortRounds: 7 };
const GATEWAY: Repeats = { warmUps: 4, rounds: 60, shortRounds: 9 };
const HEAP_PROCESSES = { rounds: 3, shortRounds: 1 };

/** All that the bench measures; a short run leaves out most of what is not the shipped table or not JSON. */
export function benchJobs(engine: BenchEngine, ingest: BenchIngest, short: boolean): readonly Job[] {
  const repeated = ({ warmUps, rounds, shortRounds }: Repeats): CompareOptions =>
    short ? { warmUps: Math.min(warmUps, Math.ceil(shortRounds / 3)), rounds: shortRounds } : { warmUps, rounds };
  const processes = short ? HEAP_PROCESSES.shortRounds : HEAP_PROCESSES.rounds;
  const cases = DATA_SETS.flatMap((dataSet) =>
    SIZES.flatMap((size) =>
      FORMATS.filter((format) => isMeasured(dataSet, format, size.rows, short)).map((format) => ({
        dataSet,
        format,
        rows: size.rows,
        options: repeated(size),
      })),
    ),
  );
  return [
    { names: DECISION_FIGURES, run: () => measureDecision(config, repeated(DECISIONS)) },
    { names: INIT_FIGURES, run: () => measureInit(config, repeated(STARTS)) },
    { names: BUNDLE_FIGURES, run: () => measureBundles(config) },
    ...cases.flatMap(({ dataSet, format, rows, options }) => ingestJobs(dataSet, format, rows, options)),
    ...cases
      .filter(({ dataSet, format, rows }) => rows === 10_000 && (!short || isUsual(dataSet, format)))
      .map((batch) => ({
        names: [`${PEAK_HEAP}, ${subjectOf(batch)}`],
        run: () => measureHeap(batch, engine.account, processes),
      })),
    { names: [GATEWAY_FIGURE], run: () => measureGateway(repeated(GATEWAY)) },
  ];

  function ingestJobs(dataSet: DataSet, format: BodyFormat, rows: number, options: CompareOptions): readonly Job[] {
    const subject = subjectOf({ dataSet, format, rows });
    const whole = {
      names: Object.values(INGEST_MEASURES).map((measure) => `${measure}, ${subject}`),
      run: () => measureWhole(benchBatch(dataSet, format, rows), options),
    };
    // The hand-written insert has no part of its own where it passes CSV on; gzip is NDJSON and zlib.
    if (format === 'csv' || format === 'gzip') return [whole];
    return [
      whole,
      { names: [`${OWN_PART}, ${subject}`], run: () => measureOwn(benchBatch(dataSet, format, rows), options) },
    ];
  }

  async function measureWhole(batch: BenchBatch, options: CompareOptions): Promise<readonly Figure[]> {
    const { url, user: username, password } = engine.account;
    const { database } = benchConfig.clickhouse;
    const target = { url, username, password, database, table: batch.dataSet.stream };
    const [baseline, ceiling] = [createHandWrittenInsert(target), createRawPost(target)];
    await engine.empty(batch.dataSet);
    try {
      return await measureIngest(batch, { ...ingest, baseline, ceiling }, options);
    } finally {
      await baseline.close();
      ceiling.close();
    }
  }

  async function measureOwn(batch: BenchBatch, options: CompareOptions): Promise<readonly Figure[]> {
    const contract = await ingest.contracts.get(batch.dataSet.stream, AbortSignal.timeout(10_000));
    return [await measureOwnPart(batch, contract, STREAM_LIMITS.rowBytes, options)];
  }
}

/** A body of more bytes than a batch may have as sent is nobody's. */
function isMeasured(dataSet: DataSet, format: BodyFormat, rows: number, short: boolean): boolean {
  if (format === 'csv' && !dataSet.flat) return false;
  if (short && !isUsual(dataSet, format) && !(rows === 1_000 && (isShipped(dataSet) || format === 'json')))
    return false;
  const sampled = 100;
  return (benchBatch(dataSet, format, sampled).body.length / sampled) * rows <= STREAM_LIMITS.bytes;
}

/** What the first users send. */
function isUsual(dataSet: DataSet, format: BodyFormat): boolean {
  return isShipped(dataSet) && (format === 'json' || format === 'ndjson');
}

function isShipped({ columns }: DataSet): boolean {
  return columns === undefined;
}
