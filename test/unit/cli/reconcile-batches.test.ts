import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerBatch } from '../../../cli/ledger.ts';
import { promiseOf, readPromises } from '../../../cli/promised-batches.ts';
import { type Reconciled, reconcileBatches } from '../../../cli/reconcile-batches.ts';
import type { AuditLine, BatchAudit } from '../../../functions/shared/audit.ts';

const line = (members: Partial<BatchAudit> = {}): BatchAudit => ({
  audit: 'batch',
  time: '2026-11-23T10:00:00.000Z',
  requestId: 'r',
  decision: 'allow',
  status: 200,
  outcome: 'stored',
  policyHash: 'h',
  identity: { principal: 'web-edge' },
  stream: 'web_events',
  region: 'us-east-1',
  batchId: 'b',
  digest: 'd',
  rowsDeclared: 3,
  latencyMs: 1,
  ...members,
});

describe('what an answer promises', () => {
  test.each([
    ['stored', 200],
    ['spooled', 202],
    ['quarantined', 422],
  ] as const)('%s, %i: that every row is kept', (outcome, status) => {
    expect(promiseOf(line({ outcome, status }))).toMatchObject({ batchId: 'b', declared: 3, principal: 'web-edge' });
  });

  test.each([
    ['refused', 403],
    ['unavailable', 503],
  ] as const)('%s, %i: nothing', (outcome, status) => {
    expect(promiseOf(line({ outcome, status, decision: 'deny' }))).toBeUndefined();
  });

  test('counts once, however often the batch was sent and wherever it arrived', async () => {
    async function* lines(): AsyncGenerator<AuditLine> {
      yield* [line({ requestId: 'first' }), line(), line({ outcome: 'spooled', status: 202, region: 'eu-west-1' })];
    }

    const promised = await readPromises(lines, 0);

    expect([...promised.values()]).toMatchObject([{ requestId: 'first' }]);
  });
});

/** A batch as each list may know it. `there`: rows in ClickHouse, of which so many in quarantine. */
const batch = fc.record({
  stream: fc.constantFrom('web_events', 'orders'),
  principal: fc.constantFrom('web-edge', 'web-collector'),
  declared: fc.integer({ min: 1, max: 9 }),
  promised: fc.boolean(),
  spooled: fc.constantFrom('no', 'waits', 'dead'),
  stored: fc.integer({ min: 0, max: 9 }),
  quarantined: fc.integer({ min: 0, max: 9 }),
  duplicates: fc.integer({ min: 0, max: 3 }),
  /** Rows in both tables. */
  inBoth: fc.integer({ min: 0, max: 2 }),
});

describe('a reconciliation', () => {
  test('puts each declared row into one column, counts twice only what is in both tables, and says missing only where no list has it', () => {
    fc.assert(
      fc.property(fc.array(batch), (batches) => {
        const lists = listsOf(batches);
        const known = batches.filter(({ promised, ...rest }) => promised || rowsIn(rest) > 0);

        const { groups, missing } = reconcileBatches(lists);

        const sum = (column: Exclude<keyof Reconciled, 'stream' | 'principal'>) =>
          groups.reduce((total, group) => total + group[column], 0);
        expect(sum('batches')).toBe(known.length);
        const inBoth = [...lists.ledger.values()].map(({ stored, quarantined, missing: absent, declared }) => {
          return stored + quarantined + absent - declared;
        });
        const twice = inBoth.reduce((total, rows) => total + rows, 0);
        expect(sum('declared') + twice).toBe(
          sum('stored') + sum('quarantined') + sum('spooled') + sum('dead') + sum('missing'),
        );
        expect(sum('duplicate')).toBe(
          twice + [...lists.ledger.values()].reduce((total, { duplicates }) => total + duplicates, 0),
        );
        const dead = known.filter(({ spooled }) => spooled === 'dead');
        expect(sum('dead')).toBe(dead.reduce((total, one) => total + one.declared - rowsIn(one), 0));
        const lost = known.filter((one) => one.spooled === 'no' && rowsIn(one) < one.declared);
        expect(missing).toHaveLength(lost.length);
        expect(sum('missing')).toBe(lost.reduce((total, one) => total + one.declared - rowsIn(one), 0));
        for (const group of groups) {
          const mine = known.filter(
            ({ stream, principal }) => stream === group.stream && principal === group.principal,
          );
          expect(group.declared).toBe(mine.reduce((total, one) => total + one.declared, 0));
        }
      }),
    );
  });
});

type Generated = typeof batch extends fc.Arbitrary<infer Batch> ? Batch : never;

/** Distinct rows: as many as there are declared at most. */
function rowsIn({ declared, stored, quarantined }: Pick<Generated, 'declared' | 'stored' | 'quarantined'>): number {
  return Math.min(declared, stored + quarantined);
}

function listsOf(batches: readonly Generated[]) {
  const keyed = batches.map((one, at) => [`key-${at}`, one] as const);
  const address = (key: string, { stream, principal }: Generated) => ({ stream, principal, batchId: key, digest: 'd' });
  return {
    promised: new Map(
      keyed.flatMap(([key, one]) =>
        one.promised
          ? [[key, { ...address(key, one), declared: one.declared, requestId: 'r', time: 't' }] as const]
          : [],
      ),
    ),
    spooled: new Set(keyed.flatMap(([key, { spooled }]) => (spooled === 'no' ? [] : [key]))),
    dead: new Set(keyed.flatMap(([key, { spooled }]) => (spooled === 'dead' ? [key] : []))),
    ledger: new Map(
      keyed.flatMap(([key, one]) => {
        const stored = Math.min(one.stored, one.declared);
        const quarantined = Math.min(one.quarantined, one.declared - stored);
        if (stored + quarantined === 0) return [];
        const inBoth = Math.min(one.inBoth, stored);
        const entry: LedgerBatch = {
          ...address(key, one),
          declared: one.declared,
          stored,
          quarantined: quarantined + inBoth,
          missing: one.declared - stored - quarantined,
          duplicates: one.duplicates,
          firstReceivedAt: 0,
          lastReceivedAt: 0,
        };
        return [[key, entry] as const];
      }),
    ),
  };
}
