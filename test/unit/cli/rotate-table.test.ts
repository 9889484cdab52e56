import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CredentialState, CredentialStatus } from '../../../cli/rotate-credential-status.ts';
import { describeStatus, statusJson } from '../../../cli/rotate-table.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const CREDENTIALS: readonly CredentialStatus[] = [
  {
    credential: 'clickhouse writer',
    state: 'ok',
    writtenAt: NOW - 3 * DAY,
    expires: 'never',
    next: NOW + 27 * DAY,
    last: 'rotated 2026-03-01T05:06:07Z',
  },
  {
    credential: 'edge token 12345 staging',
    state: 'expired',
    writtenAt: NOW - 75 * MINUTE,
    expires: NOW - 15 * MINUTE,
    next: NOW - 60 * MINUTE,
    last: 'pushed 2026-03-04T03:51:07Z, none after it',
  },
  {
    credential: 'spool key',
    state: 'unread',
    writtenAt: undefined,
    expires: undefined,
    next: undefined,
    last: 'no right',
  },
];

describe('the status of the credentials', () => {
  test('is a table for a person, in which what needs a look stands out', () => {
    expect(describeStatus(CREDENTIALS, NOW)).toEqual([
      'credential                state    age      expires     next run    last outcome',
      'clickhouse writer         ok       3 d      never       in 27 d     rotated 2026-03-01T05:06:07Z',
      'edge token 12345 staging  EXPIRED  75 min   15 min ago  60 min ago  pushed 2026-03-04T03:51:07Z, none after it',
      'spool key                 UNREAD   unknown  unknown     unknown     no right',
      '2 of 3 need a look',
    ]);
  });

  test('ends by saying that none needs one', () => {
    expect(describeStatus(CREDENTIALS.slice(0, 1), NOW).at(-1)).toBe('none of 1 need a look');
  });

  test('is JSON for a program, with exact times and null for what nobody knows', () => {
    const { at, credentials } = JSON.parse(statusJson(CREDENTIALS, NOW));

    expect(at).toBe('2026-03-04T05:06:07.000Z');
    expect(credentials[0]).toEqual({
      credential: 'clickhouse writer',
      state: 'ok',
      writtenAt: '2026-03-01T05:06:07.000Z',
      expires: 'never',
      next: '2026-03-31T05:06:07.000Z',
      last: 'rotated 2026-03-01T05:06:07Z',
    });
    expect(credentials[2]).toMatchObject({ writtenAt: null, expires: null, next: null });
  });

  test('says an age rounded down, in the largest unit of which there are at least two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 * DAY }), (age) => {
        const [, line = ''] = describeStatus([{ ...PLAIN, writtenAt: NOW - age }], NOW);
        const [, count = '', unit = ''] = /^x +ok +(\d+) (d|h|min|s) /.exec(line) ?? [];
        const length = { d: DAY, h: 60 * MINUTE, min: MINUTE, s: 1000 }[unit] ?? Number.NaN;

        expect(Number(count) * length).toBeLessThanOrEqual(age);
        expect((Number(count) + 1) * length).toBeGreaterThan(age);
        expect(unit === 's' || Number(count) >= 2).toBe(true);
      }),
    );
  });
});

const NEEDING_A_LOOK: Readonly<Record<Exclude<CredentialState, 'ok' | 'unknown'>, true>> = {
  late: true,
  expired: true,
  unfinished: true,
  off: true,
  unreplicated: true,
  empty: true,
  absent: true,
  unread: true,
};

test.each(Object.keys(NEEDING_A_LOOK))('the page on rotation says what to do where a credential is %s', (state) => {
  const page = readFileSync(new URL('../../../docs/rotation.md', import.meta.url), 'utf8');

  expect(page).toContain(`| \`${state.toUpperCase()}\` `);
});

const PLAIN: CredentialStatus = {
  credential: 'x',
  state: 'ok',
  writtenAt: undefined,
  expires: 'never',
  next: 'by hand',
  last: 'written',
};
