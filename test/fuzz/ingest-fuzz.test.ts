import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FuzzRig, openFuzzRig } from './support/fuzz-rig.ts';
import { runFuzz } from './support/run-fuzz.ts';

// Generated bodies and header sets through the real ingest into a real ClickHouse. What is answered, and what is stored field by field,
// has to be as an oracle says that knows docs/formats.md and design §3.2 only.

/** `EDGEHOUSE_FUZZ_CASES=200000` makes the long run; `EDGEHOUSE_FUZZ_SEED` makes one that was seen before. */
const CASES = Number(process.env['EDGEHOUSE_FUZZ_CASES'] ?? 3_000);
const SEED = Number(process.env['EDGEHOUSE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

let rig: FuzzRig;

beforeAll(async () => {
  rig = await openFuzzRig();
}, 60_000);
afterAll(() => rig.stop());

test(
  `${CASES} generated batches, seed ${SEED}: every answer is a documented one, and what is stored equals the verdict`,
  async () => {
    const run = await runFuzz(rig, CASES, SEED);

    process.stderr.write(
      `seed ${SEED}: ${JSON.stringify(run.tally)}, ${run.stored} rows stored, ${run.quarantined} in quarantine\n`,
    );
    expect(run.differences).toEqual([]);
    expect(run.slow).toEqual([]);
    expect(rig.spooled.size).toBe(0);
    expect(run.stored).toBeGreaterThan(CASES / 4);
    expect(run.quarantined).toBeGreaterThan(CASES / 4);
    expect(Object.keys(run.tally).length).toBeGreaterThan(12);
  },
  120_000 + CASES * 60,
);
