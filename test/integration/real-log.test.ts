import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { config } from '#config';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { GENERATED_CUT_LINE, generateLog, type LogFacts, readLogFacts } from './support/combined-oracle.ts';
import { hasRealLog, REAL_LOG } from './support/find-log.ts';
import { counts, queryStack } from './support/query-stack.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TITLE = hasRealLog ? 'a real log of 10,000 lines' : 'a generated log of 1,000 lines (skipped: no data)';
/** Known beside what is computed: `awk -F'"' 'NF != 7 { print NR }'` finds the cut line, `awk '$10 == "-"' | wc -l` the 669. */
const KNOWN = hasRealLog
  ? { lines: 10_000, refused: [8899], withoutBytes: 669 }
  : { lines: 1_000, refused: [GENERATED_CUT_LINE], withoutBytes: 76 };

const ITEM = z.object({ token: z.string(), key: z.string(), keyId: z.string() });

let folder: string;
let log: string;
let facts: LogFacts;
let stack: Stack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-real-log-'));
  log = hasRealLog ? REAL_LOG : join(folder, 'generated.log');
  if (!hasRealLog) {
    console.log('skipped: no data');
    writeFileSync(log, generateLog());
  }
  facts = readLogFacts(readFileSync(log, 'utf8'));
  stack = await startStack({ config, dataDir: join(folder, 'data'), say: () => {} });
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe(`${TITLE}, sent with the command line`, () => {
  test('is all accounted for: each line is stored, in quarantine, or refused by its number', async () => {
    const sent = await sendLog();

    const [ledger] = await query(
      `SELECT count(), sum(declared), sum(stored), sum(quarantined), sum(missing), sum(duplicates) FROM edgehouse.batches WHERE ${ofRun(sent)}`,
    );
    const [batches, declared, stored = 0, quarantined = 0, missing, duplicates] = (ledger ?? []).map(Number);
    const [[rows] = []] = await query(`SELECT count() FROM edgehouse.web_events WHERE ${ofRun(sent, '_batch_id')}`);
    console.log(`edgehouse send: ${sent.totals}`);
    expect(facts).toMatchObject(KNOWN);
    expect(sent.refused).toEqual(facts.refused);
    expect(sent.status).toBe(1);
    expect(stored + quarantined + sent.refused.length).toBe(facts.lines);
    expect({ declared, quarantined, missing, duplicates }).toEqual({
      declared: facts.lines - facts.refused.length,
      quarantined: 0,
      missing: 0,
      duplicates: 0,
    });
    expect(Number(rows)).toBe(stored);
    expect(batches).toBe(sent.batchIds.length);
  });

  test('reads the same in ClickHouse as in the file: paths, statuses, bytes and bytes not known', async () => {
    const sent = await sendLog();

    const from = `FROM edgehouse.web_events WHERE ${ofRun(sent, '_batch_id')}`;
    const paths = await query(`SELECT path, count() ${from} GROUP BY path`);
    const statuses = await query(`SELECT status, count() ${from} GROUP BY status`);
    const sums = await query(`SELECT uniqExact(path), sum(bytes), countIf(bytes IS NULL) ${from}`);
    expect(sums).toEqual([[Object.keys(facts.paths).length, facts.bytes, facts.withoutBytes].map(String)]);
    expect(counts(statuses)).toEqual(facts.statuses);
    expect(counts(paths)).toEqual(facts.paths);
  });

  test('doubles the rows when sent twice, since each run makes new batches', async () => {
    const before = await storedRows();

    const first = await sendLog();
    const afterFirst = await storedRows();
    const second = await sendLog();
    const afterSecond = await storedRows();

    const whole = facts.lines - facts.refused.length;
    expect([afterFirst - before, afterSecond - before]).toEqual([whole, 2 * whole]);
    expect(new Set([...first.batchIds, ...second.batchIds]).size).toBe(first.batchIds.length + second.batchIds.length);
    expect(await query('SELECT sum(missing), sum(duplicates) FROM edgehouse.batches')).toEqual([['0', '0']]);
  });
});

describe('a batch', () => {
  test('that is sent again with the same id and bytes is stored once', async () => {
    const item = ITEM.parse(await (await fetch(stack.ready.edgekvItem)).json());
    const rows = Object.keys(facts.paths)
      .slice(0, 20)
      .map((path) => ({ event_time: '2015-05-17T10:05:03Z', path }));
    const { path, headers, body } = batchRequest({
      stream: 'web_events',
      body: Buffer.from(JSON.stringify(rows)),
      contentType: 'application/json',
      rows: rows.length,
      batchId: randomUUID(),
      source: stack.ready.source,
      token: item.token,
      key: Buffer.from(item.key, 'base64url'),
      keyId: item.keyId,
      nowSeconds: Math.floor(Date.now() / 1000),
    });
    const send = () => fetch(`${stack.ready.api}${path}`, { method: 'POST', headers, body: Buffer.from(body) });
    const before = await storedRows();

    const first = await send();
    const afterFirst = await storedRows();
    const second = await send();
    const afterSecond = await storedRows();

    expect([first.status, second.status]).toEqual([200, 200]);
    expect([afterFirst - before, afterSecond - before]).toEqual([rows.length, rows.length]);
    const id = headers['edge-batch-id'] ?? '';
    expect(await query(`SELECT stored, missing, duplicates FROM edgehouse.batches WHERE batch_id = '${id}'`)).toEqual([
      [String(rows.length), '0', '0'],
    ]);
  });
});

interface SentLog {
  readonly status: number;
  readonly batchIds: readonly string[];
  /** Numbers of the lines that the parser refused. */
  readonly refused: readonly number[];
  /** The last line of the report. */
  readonly totals: string;
}

/** Sends the log as a person would: a process of its own, told what the ready line says. */
async function sendLog(): Promise<SentLog> {
  const { api, edgekvItem, source } = stack.ready;
  const what = ['cli/edgehouse.ts', 'send', log, '--format', 'combined', '--stream', 'web_events'];
  const where = ['--api', api, '--credentials', edgekvItem, '--source', source];
  const child = spawn(process.execPath, [...what, ...where], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return {
    status: Number(status),
    batchIds: [...out.matchAll(/^([0-9a-f-]{36}) stored: /gm)].map(([, id = '']) => id),
    refused: [...err.matchAll(/^line (\d+) refused: /gm)].map(([, line]) => Number(line)),
    totals: out.trimEnd().split('\n').at(-1) ?? '',
  };
}

function ofRun({ batchIds }: SentLog, column = 'batch_id'): string {
  return `${column} IN (${batchIds.map((id) => `'${id}'`).join(', ')})`;
}

async function storedRows(): Promise<number> {
  const [[rows] = []] = await query('SELECT count() FROM edgehouse.web_events');
  return Number(rows);
}

function query(sql: string) {
  return queryStack(stack.ready, sql);
}
