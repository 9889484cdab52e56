import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '#config';
import { type Stack, startStack } from '../../local/start-stack.ts';
import type { ReplayMode } from '../../local/traffic/replay-log.ts';
import { runTraffic } from '../../local/traffic/run-traffic.ts';
import { GENERATED_CUT_LINE, generateLog, readLogFacts } from './support/combined-oracle.ts';
import { hasRealLog, REAL_LOG } from './support/find-log.ts';
import { counts, queryStack } from './support/query-stack.ts';

const OPTIONS_LINE =
  '64.131.102.243 - - [20/May/2015:14:05:16 +0000] "OPTIONS /projects/xdotool/ HTTP/1.1" 500 626 "-" "Microsoft Office"';
/** An insert each: a tenth of the log is enough here. `npm start -- --replay FILE --mode request` sends the whole. */
const MOST_REQUESTS = 1_000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-replay-log-'));
  if (!hasRealLog) console.log('skipped: no data');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a log through the built EdgeWorkers', () => {
  test('in batches of its visitors: every line is in the table, or named', async () => {
    const log = hasRealLog ? readFileSync(REAL_LOG, 'utf8') : generateLog();

    const { missing, printed, read } = await replay(log, 'collect');

    const facts = readLogFacts(log);
    const cutLine = hasRealLog ? 8899 : GENERATED_CUT_LINE;
    expect(missing).toBe(0);
    expect(facts.refused).toEqual([cutLine]);
    expect(printed).toContain(`line ${cutLine}, the user agent has no closing quote: LINE_MALFORMED`);
    expect(printed).toMatch(/missing 0 {2}duplicates 0$/);
    expect(read).toEqual({
      paths: facts.paths,
      statuses: facts.statuses,
      bytes: facts.bytes,
      withoutBytes: facts.withoutBytes,
      trusts: { client: facts.lines - 1 },
    });
  }, 120_000);

  test('as an event each request: every line is in the table, or named', async () => {
    const whole = (hasRealLog ? readFileSync(REAL_LOG, 'utf8') : generateLog()).split('\n').slice(0, MOST_REQUESTS);
    const [first = ''] = whole;
    const sent = [...whole.filter((line) => line !== ''), OPTIONS_LINE, first.slice(0, -1)];

    const { missing, printed, read } = await replay(sent.join('\n'), 'request');

    const facts = readLogFacts(sent.filter((line) => line !== OPTIONS_LINE).join('\n'));
    expect(missing).toBe(0);
    expect(printed).toContain(`line ${sent.length - 1}: OPTIONS_NOT_HANDLED`);
    expect(printed).toContain(`line ${sent.length}, the user agent has no closing quote: LINE_MALFORMED`);
    expect(read).toEqual({
      paths: facts.paths,
      statuses: facts.statuses,
      bytes: facts.bytes,
      withoutBytes: facts.withoutBytes,
      trusts: { edge: facts.lines - facts.refused.length },
    });
  }, 120_000);
});

async function replay(log: string, mode: ReplayMode) {
  const file = join(folder, `${mode}.log`);
  writeFileSync(file, log);
  const printed: string[] = [];
  const stack = await startStack({ config, dataDir: join(folder, mode), say: () => {} });
  try {
    const sending = await runTraffic(stack, 'edgehouse', { kind: 'replay', file, mode }, (text) => printed.push(text));
    await sending.finished;
    const missing = await sending.stop();
    return { missing, printed: printed.join('\n'), read: await readTable(stack) };
  } finally {
    await stack.stop();
  }
}

async function readTable({ ready }: Stack) {
  const by = async (column: string) =>
    counts(await queryStack(ready, `SELECT ${column}, count() FROM edgehouse.web_events GROUP BY ${column}`));
  const sums = await queryStack(ready, 'SELECT sum(bytes), countIf(bytes IS NULL) FROM edgehouse.web_events');
  const [bytes, withoutBytes] = (sums[0] ?? []).map(Number);
  return { paths: await by('path'), statuses: await by('status'), trusts: await by('_trust'), bytes, withoutBytes };
}
