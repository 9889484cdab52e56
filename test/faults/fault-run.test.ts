import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BATCH_FORMATS } from './support/batch-formats.ts';
import { type FaultRun, runThroughFaults } from './support/fault-run.ts';
import { RUN_STREAMS } from './support/fault-run-tables.ts';
import { CODE_CLASSES } from './support/random-faults.ts';
import { startDatabase, type TestDatabase } from './support/start-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

/** `EDGEHOUSE_FAULT_ROWS=1000000` makes the long run: 2,000 batches, one seed. */
const ROWS = Number(process.env['EDGEHOUSE_FAULT_ROWS'] ?? 50_000);
const SEEDS = process.env['EDGEHOUSE_FAULT_SEEDS']?.split(',').map(Number) ?? [1, 2, 3];
const ROWS_PER_BATCH = 500;
const BATCHES = Math.ceil(ROWS / ROWS_PER_BATCH);
/** Three seeds of 50,000 rows take well below three minutes in all; this is when something hangs. */
const TIMEOUT_MS = 60_000 + ROWS * 4;

test.each(SEEDS)(
  `${ROWS} rows in ${BATCHES} batches through random faults, seed %d: none is lost, none is there twice, no bad one is stored`,
  async (seed) => {
    const run = await runThroughFaults(database, { seed, batches: BATCHES, rowsPerBatch: ROWS_PER_BATCH });

    process.stderr.write(
      `seed ${seed}: ${JSON.stringify({ statuses: run.statuses, faults: run.faults, shapes: run.shapes })}\n`,
    );
    const { good, bad, sumOfBytes } = run.expected;
    expect(await totals(run)).toEqual({
      batches: BATCHES,
      whole: BATCHES,
      rows: good,
      distinctRows: good,
      sumOfBytes,
      badRows: 0,
      strayRows: 0,
      ledgerErrs: 0,
      refused: bad,
      distinctRefused: bad,
    });
    expect(run.left).toEqual({ spooled: [], dead: 0 });
    expect(run.replayedLate).toBeGreaterThan(0);
    // Some batches met with no fault, some with each kind that is dealt.
    expect(run.statuses[200]).toBeGreaterThan(0);
    expect(run.statuses[202]).toBeGreaterThan(0);
    for (const kind of CODE_CLASSES) expect(Object.keys(run.faults).join()).toContain(`(${kind})`);
    expect(run.faults['password rotated']).toBeGreaterThan(0);
    const shapes = new Set(Object.keys(run.shapes).map((shape) => shape.split(', ')[0]));
    expect(shapes).toEqual(
      new Set(RUN_STREAMS.flatMap((stream) => BATCH_FORMATS.map((format) => `${stream} as ${format}`))),
    );
  },
  TIMEOUT_MS,
);

/** What a row of `orders` must hold beside its number and batch. */
const WHOLE_ORDER = `doc.at.row = _row AND doc.session = session AND toString(doc.list) LIKE concat('[%', toString(_row), '%a%Mozilla%')
  AND ((state = 'paid' AND tags = ['a', 'b']) OR (state = 'open' AND tags = ['none']))`;

/** What the ledger says of all batches, and what counting says. */
async function totals({ database: name }: FaultRun): Promise<Readonly<Record<string, number>>> {
  const answer = await database.admin.query({
    query: `WITH stored AS (
        SELECT _batch_id, _row, path, session, request_id, bytes, event_type IN ('page', 'request') AND status = 200 AS isWhole FROM ${name}.web_events
        UNION ALL
        SELECT _batch_id, _row, path, session, request_id, bytes, ${WHOLE_ORDER} AS isWhole FROM ${name}.orders)
      SELECT
      (SELECT count() FROM ${name}.batches) AS batches,
      (SELECT countIf(missing = 0 AND duplicates = 0 AND stored + quarantined = declared) FROM ${name}.batches) AS whole,
      (SELECT count() FROM stored) AS rows,
      (SELECT uniqExact(_batch_id, _row) FROM stored) AS distinctRows,
      (SELECT sum(bytes) FROM stored) AS sumOfBytes,
      (SELECT countIf(path IN ('/bad', '/unwanted')) FROM stored) AS badRows,
      (SELECT countIf(request_id != concat(session, '-', toString(_row)) OR NOT ifNull(isWhole, 0)) FROM stored) AS strayRows,
      (SELECT count() FROM ${name}.batches AS told
        LEFT JOIN (SELECT _batch_id, count() AS rows FROM stored GROUP BY _batch_id) AS good ON good._batch_id = told.batch_id
        LEFT JOIN (SELECT _batch_id, count() AS rows FROM ${name}.quarantine GROUP BY _batch_id) AS bad ON bad._batch_id = told.batch_id
        WHERE good.rows != told.stored OR bad.rows != told.quarantined) AS ledgerErrs,
      (SELECT count() FROM ${name}.quarantine) AS refused,
      (SELECT uniqExact(_batch_id, _row) FROM ${name}.quarantine) AS distinctRefused`,
    format: 'JSONEachRow',
  });
  const [line = {}] = await answer.json<Record<string, number | string>>();
  return Object.fromEntries(Object.entries(line).map(([column, value]) => [column, Number(value)]));
}
