import { parseArgs } from 'node:util';
import { config } from '../../config/loaded.ts';
import { createHandWrittenInsert } from './baseline/hand-written-insert.ts';
import type { CompareOptions } from './compare.ts';
import { type Figure, figureTable } from './figure.ts';
import { encodeRows, generateWebEvents } from './generate-web-events.ts';
import { measureDecision, measureInit } from './measure-authorizer.ts';
import { type BenchBatch, measureIngest } from './measure-ingest.ts';
import { measureOwnPart } from './measure-own-part.ts';
import { startBenchEngine } from './start-bench-engine.ts';
import { startIngest } from './start-ingest.ts';

const SEED = 1;
const STREAM = 'web_events';
const FORMATS = ['json', 'ndjson'] as const;
/** Rows of a batch, and how many pairs of runs count: small batches are short, so their noise needs more of them. */
const SIZES = [
  { rows: 100, rounds: 100, shortRounds: 25 },
  { rows: 1_000, rounds: 60, shortRounds: 15 },
  { rows: 10_000, rounds: 20, shortRounds: 5 },
] as const;

/** A decision takes a tenth of a millisecond: its 99th percentile needs many. */
const DECISIONS = { warmUps: 500, rounds: 5_000, shortRounds: 1_000 };
const STARTS = { warmUps: 2, rounds: 30, shortRounds: 7 };

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, short: { type: 'boolean', default: false } },
});

const engine = await startBenchEngine(config);
try {
  const figures = await measure();
  if (!options.json) console.log(figureTable(figures));
} finally {
  await engine.stop();
}

async function measure(): Promise<readonly Figure[]> {
  const { url, user, password } = engine.account;
  const { ingest, contracts, sender } = startIngest(config, engine.account);
  const table = config.streams[STREAM]?.table ?? STREAM;
  const rowBytes = config.streams[STREAM]?.limits.rowBytes ?? 0;
  const database = config.clickhouse.database;
  const baseline = createHandWrittenInsert({ url, username: user, password, database, table });
  const contract = await contracts.get(table, AbortSignal.timeout(10_000));
  const figures: Figure[] = [];
  try {
    for (const part of await measureDecision(config, repeated(DECISIONS))) report(part);
    report(await measureInit(config, repeated(STARTS)));
    for (const { rows, rounds, shortRounds } of SIZES) {
      const events = generateWebEvents(rows, SEED);
      const repeat = { warmUps: options.short ? 3 : 10, rounds: options.short ? shortRounds : rounds };
      for (const format of FORMATS) {
        const batch: BenchBatch = { format, rows, body: encodeRows(events, format) };
        report(await measureIngest(batch, { stream: STREAM, sender, ingest, baseline }, repeat));
        report(await measureOwnPart(batch, contract, rowBytes, repeat));
      }
    }
  } finally {
    await baseline.close();
  }
  return figures;

  function repeated({ warmUps, rounds, shortRounds }: typeof DECISIONS): CompareOptions {
    return { warmUps, rounds: options.short ? shortRounds : rounds };
  }

  function report(figure: Figure): void {
    figures.push(figure);
    if (options.json) console.log(JSON.stringify(figure));
  }
}
