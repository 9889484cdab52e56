import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OperatorDatabase } from '../../../cli/operator-database.ts';
import { tailRefusedBatches, tailRows } from '../../../cli/tail-lines.ts';
import type { AuditLine, BatchAudit } from '../../../functions/shared/audit.ts';

const STAMP = { _batch_id: 'b', _batch_digest: 'd', _row: 0, _received_at: '2026-11-23 10:00:00.000' };

/** Answers whatever is asked with these lines. */
function answering(lines: readonly string[]): OperatorDatabase {
  const unused = () => {
    throw new Error('not for this');
  };
  return { rows: unused, stream: unused, deleteRows: unused, lines: async () => lines };
}

/** It escapes slashes. */
function asClickHouse(row: object): string {
  return JSON.stringify(row).replaceAll('/', '\\/');
}

describe('a row of tail', () => {
  test('is the row without what is NULL, whatever stands in its texts, on one printable line', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('":null', ',"a":null,', '\\', 'a/b', '\\/'),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), value), async (columns) => {
        const row = { ...JSON.parse(JSON.stringify(columns)), ...STAMP };
        const [line] = await tailRows(answering([asClickHouse(row)]), 'web_events', 0);
        expect(line?.text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        const expected = Object.entries(row).filter(([, kept]) => kept !== null);
        expect(line?.text.includes('\\/')).toBe(JSON.stringify(row).includes('\\/'));
        expect(JSON.parse(line?.text ?? '')).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  test('keeps digits that a number of JavaScript would lose', async () => {
    const json = `{"bytes":18446744073709551615,"none":null,${JSON.stringify(STAMP).slice(1)}`;

    const [line] = await tailRows(answering([json]), 'web_events', 0);

    expect(line?.text).toContain('{"bytes":18446744073709551615,"_batch_id"');
  });
});

describe('a refused batch of tail', () => {
  const audit = (members: Partial<BatchAudit>): AuditLine => ({
    audit: 'batch',
    time: '2026-11-23T10:00:00.000Z',
    requestId: 'r',
    decision: 'deny',
    status: 403,
    outcome: 'refused',
    code: 'POLICY_DENIED',
    policyHash: 'h',
    identity: { principal: 'web-edge' },
    stream: 'web_events',
    source: 'x\u001b',
    region: 'us-east-1',
    latencyMs: 1,
    ...members,
  });

  test('is shown with its code, of this stream only, and not where its rows were taken', async () => {
    const lines = [
      audit({}),
      audit({ stream: 'orders' }),
      audit({ decision: 'allow', outcome: 'stored' }),
      audit({ requestId: 's', decision: 'error', status: 503, code: 'UNAVAILABLE', outcome: 'unavailable' }),
    ];
    const read = async function* () {
      yield* lines;
    };

    const shown = await tailRefusedBatches(read, 'web_events', 0);

    expect(shown.map(({ text }) => text)).toEqual([
      '2026-11-23 10:00:00.000  batch  web-edge  x\\u{1b}  -  request r: 403 POLICY_DENIED',
      '2026-11-23 10:00:00.000  batch  web-edge  x\\u{1b}  -  request s: 503 UNAVAILABLE',
    ]);
  });
});
