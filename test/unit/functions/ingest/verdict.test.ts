import { describe, expect, test } from '@jest/globals';
import { explainRow } from '../../../../functions/ingest/explain-row.ts';
import { makeReceipt } from '../../../../functions/ingest/receipt.ts';
import { freezeVerdict } from '../../../../functions/ingest/verdict.ts';
import { CONTRACT } from './stream-contract.ts';

/** As many refused rows as a batch can have, each with as many faults as are told of a row. */
const NAMES = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`unknown_${index}`, 1]));
const FAULTS = explainRow(NAMES, JSON.stringify(NAMES), CONTRACT, 65_536);
const REFUSED = Array.from({ length: 10_000 }, (_, row) => ({ row, line: undefined, raw: '{}', faults: FAULTS }));

describe('a frozen verdict', () => {
  test('has code and column of every fault, and the words of those that a receipt shows', () => {
    const verdict = freezeVerdict('hash', REFUSED);

    const faults = verdict.refused.flatMap((row) => row.faults);
    expect(faults).toHaveLength(200_000);
    expect(faults.map(({ column, code }) => [column, code])).toEqual(
      REFUSED.flatMap((row) => row.faults.map(({ column, code }) => [column, code])),
    );
    expect(faults.findIndex(({ message }) => message === '')).toBe(100);
    const receiptOf = (refused: typeof REFUSED | typeof verdict.refused) =>
      makeReceipt('id', 'hits', 10_000, { kind: 'spooled', verdict: { contract: 'hash', refused }, fault: undefined });
    expect(receiptOf(verdict.refused)).toEqual(receiptOf(REFUSED));
  });

  test('takes little room, whatever its batch is', () => {
    expect(JSON.stringify(freezeVerdict('hash', REFUSED)).length).toBeLessThan(14_000_000);
  });
});
