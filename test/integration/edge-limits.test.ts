import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type EdgeSubject,
  measureLog,
  measureRatio,
  SHAPED,
  SHIPPED,
  TIERS,
  type Tier,
} from '../bench/measure-edge.ts';
import { generateLog } from './support/combined-oracle.ts';
import { hasRealLog, REAL_LOG } from './support/find-log.ts';

/** A share of the log: `npm run bench:edge` sends the whole. */
const LINES = 400;
const RUNS = TIERS.flatMap((tier) =>
  (tier === 'basic' ? [...SHIPPED, ...SHAPED] : SHIPPED).map((subject): [Tier, string, EdgeSubject] => [
    tier,
    `${subject.mode}, ${subject.name}`,
    subject,
  ]),
);

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-edge-limits-'));
  file = join(folder, 'access.log');
  const log = hasRealLog ? readFileSync(REAL_LOG, 'utf8') : generateLog();
  writeFileSync(file, log.split('\n').slice(0, LINES).join('\n'));
  if (!hasRealLog) console.log('skipped: no data');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a log through the built bundles', () => {
  test.each(RUNS)(
    'exceeds no limit that is exact on the %s tier: %s',
    async (tier, _name, subject) => {
      const figures = await measureLog(file, tier, subject);

      for (const { report, limits } of figures) {
        const { invocations, failures, subRequests } = report;
        expect(invocations).toBeGreaterThan(subject.mode === 'collect' ? 20 : LINES * 0.9);
        expect(failures).toEqual({});
        expect(subRequests.overLimit).toBe(0);
        expect(subRequests.maxPerInvocation).toBeLessThanOrEqual(limits.subRequests);
      }
      // One read and one POST; all that the smallest tier gives a handler.
      expect(Math.max(...figures.map(({ report }) => report.subRequests.maxPerInvocation))).toBe(2);
    },
    60_000,
  );
});

test('the collector costs a few times what reading and writing the same events costs', async () => {
  const body = JSON.stringify(
    Array.from({ length: 100 }, (_, row) => ({
      event_time: '2026-11-23T10:00:00Z',
      path: `/products/${row}?from=search`,
      referrer: 'https://www.example.com/search?q=red+shoes',
      event_type: 'view',
    })),
  );

  const { collectorMs, bareMs, ratio } = await measureRatio(Array(60).fill(body), 'basic');

  expect(collectorMs).toBeGreaterThan(bareMs);
  // The goal is 4; `npm run bench:edge` measures it in peace.
  expect(ratio).toBeLessThan(8);
}, 60_000);
