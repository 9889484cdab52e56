import { describe, expect, test } from '@jest/globals';
import { readHeaders } from '../../../../functions/ingest/read-headers.ts';
import { refusalCode } from './refusal-code.ts';

const GOOD: Readonly<Record<string, string>> = {
  authorization: 'Bearer a.b.c',
  'content-type': 'application/json',
  'content-digest': `sha-256=:${'A'.repeat(43)}=:`,
  'edge-batch-id': '01930000-0000-7000-8000-00000000000A',
  'edge-batch-rows': '12',
  'edge-source': 'ew/1/1.0.0',
  'signature-input': 'edge=()',
  signature: 'edge=::',
};

describe('headers of a batch', () => {
  test('are read trimmed, and the batch id in lower case', () => {
    const headers = readHeaders({ ...GOOD, 'edge-source': ' ew/1/1.0.0 ' }, 'token');
    expect(headers).toMatchObject({ rows: 12, source: 'ew/1/1.0.0', batchId: '01930000-0000-7000-8000-00000000000a' });
    expect(headers.batchIdAsSent).toBe(GOOD['edge-batch-id']);
    expect(headers.contentEncoding).toBeUndefined();
  });

  test.each(Object.keys(GOOD))('%s is required', (name) => {
    const { [name]: _left, ...others } = GOOD;
    // Missing is told before malformed.
    expect(
      refusalCode(() =>
        readHeaders({ ...others, [name === 'edge-source' ? 'edge-batch-rows' : 'edge-source']: '' }, 'token'),
      ),
    ).toBe('HEADER_MISSING');
  });

  test('need no Authorization where a certificate alone proves who sends', () => {
    const { authorization: _left, ...others } = GOOD;

    expect(readHeaders(others, 'certificate').rows).toBe(12);
    for (const auth of ['token', 'both'] as const) {
      expect(refusalCode(() => readHeaders(others, auth))).toBe('HEADER_MISSING');
    }
  });

  test.each([
    [
      'content-digest',
      ['', 'sha-256=::', `sha-512=:${'A'.repeat(43)}=:`, `${GOOD['content-digest']}, ${GOOD['content-digest']}`],
    ],
    ['edge-batch-id', ['', '1', `${GOOD['edge-batch-id']},${GOOD['edge-batch-id']}`, `{${GOOD['edge-batch-id']}}`]],
    ['edge-batch-rows', ['', '-1', '+1', '1.0', '01', '1e2', '0x1', '1,1', '1234567890', '١']],
    ['edge-source', ['', 'a,b', 'a b', 'é', 'a\tb', '\xa0a', 'a\ufeff', 'x'.repeat(257)]],
  ] as const)('%s must be well formed', (name, values) => {
    for (const value of values) {
      expect([value, refusalCode(() => readHeaders({ ...GOOD, [name]: value }, 'token'))]).toEqual([
        value,
        'HEADER_MALFORMED',
      ]);
    }
  });
});
