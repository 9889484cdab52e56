import { describe, expect, test } from '@jest/globals';
import { buildChaosBundle, chaosSettings } from './support/chaos-bundles.ts';
import { CHAOS_BUNDLES, type ChaosBundle, drawCase } from './support/chaos-cases.ts';
import { ChaosPlatform } from './support/chaos-platform.ts';
import { runInProcess } from './support/chaos-process.ts';
import { caseSeed } from './support/chaos-random.ts';
import { type BuiltBundle, runCase } from './support/chaos-run.ts';

// EDGEHOUSE_CHAOS_CASES=200000 npm run jest -- test/faults/edge-chaos.test.ts
// A case that fails is run alone by EDGEHOUSE_CHAOS_SEED=<the printed seed> EDGEHOUSE_CHAOS_FIRST=<its number> EDGEHOUSE_CHAOS_CASES=1
// EDGEHOUSE_CHAOS_PROCESS_CASES=1; both tests count their cases from the same first one.
const CASES = Number(process.env['EDGEHOUSE_CHAOS_CASES'] ?? 15_000);
const FIRST = Number(process.env['EDGEHOUSE_CHAOS_FIRST'] ?? 0);
const SEED = Number(process.env['EDGEHOUSE_CHAOS_SEED'] ?? Date.now() % 1_000_000_000);
/** Through the edge's own process, where delays are real. */
const PROCESS_CASES = Number(process.env['EDGEHOUSE_CHAOS_PROCESS_CASES'] ?? 60);
const EDGE_WORKER_ID = 12_345;
const ATTEMPTS = 3;
const MOST_NAMED = 10;
/** Enough for every outcome that there is to come up. */
const MANY = 10_000;

describe('chaos at the edge', () => {
  test(
    `ends in the documented outcome in each of ${CASES} cases, seed ${SEED}`,
    async () => {
      const platform = new ChaosPlatform();
      const built = CHAOS_BUNDLES.map(async (bundle) => {
        const settings = chaosSettings(bundle, EDGE_WORKER_ID);
        return [bundle, { mainJs: await buildChaosBundle(bundle, EDGE_WORKER_ID), settings }] as const;
      });
      // The boundary: `fromEntries` forgets the names.
      const bundles = Object.fromEntries(await Promise.all(built)) as Record<ChaosBundle, BuiltBundle>;
      const outcomes = new Map<string, number>();
      const wrong: string[] = [];
      for (let index = FIRST; index < FIRST + CASES && wrong.length < MOST_NAMED; index++) {
        const chaos = drawCase(caseSeed(SEED, index), { coarse: false });
        const result = await runCase(chaos, platform, bundles);
        for (const outcome of result.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (result.faults.length > 0) wrong.push(`case ${index} (${chaos.bundle}): ${result.faults.join('; ')}`);
      }

      if (process.env['EDGEHOUSE_CHAOS_CASES'] !== undefined) {
        const table = [...outcomes].toSorted().map(([outcome, count]) => `${String(count).padStart(7)}  ${outcome}`);
        console.log(`edge chaos, seed ${SEED}, ${CASES} cases:\n${table.join('\n')}`);
      }
      expect(wrong).toEqual([]);
      if (CASES >= MANY) expect(outcomes.size).toBeGreaterThan(80);
    },
    20 * 60_000,
  );

  test(
    `ends so through the edge's own process too, ${PROCESS_CASES} cases, seed ${SEED}`,
    async () => {
      const cases = Array.from({ length: PROCESS_CASES }, (_, index) =>
        drawCase(caseSeed(SEED, FIRST + index), { coarse: true }),
      );
      let wrong = await runInProcess(cases);
      // A machine that is busy for 300 ms is a fault of EdgeKV that the case did not plan: only what fails each time is wrong.
      for (let attempt = 2; attempt <= ATTEMPTS && wrong.size > 0; attempt++)
        wrong = await runInProcess([...wrong.keys()]);

      const named = [...wrong].map(
        ([chaos, faults]) => `case ${FIRST + cases.indexOf(chaos)} (${chaos.bundle}): ${faults}`,
      );
      expect(named).toEqual([]);
    },
    10 * 60_000,
  );
});
