import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isWell, type RotationFacts, type SecretFacts } from '../../../cli/rotate-credential-status.ts';
import type { ListedSecret } from '../../../cli/rotate-credentials.ts';
import { judgeIssuerKeys, judgeSigningMaster } from '../../../cli/rotate-judge-roll.ts';
import { judgeSecret } from '../../../cli/rotate-judge-secret.ts';
import { judgeEdgeToken } from '../../../cli/rotate-judge-token.ts';
import { readTokenAnswer } from '../../../functions/rotation/read-token-answer.ts';
import type { SigningMaster } from '../../../functions/rotation/signing-master.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WRITER: ListedSecret = { credential: 'clickhouse writer', secret: 'w', renewal: 'schedule' };
const ADMIN: ListedSecret = { credential: 'clickhouse admin', secret: 'a', renewal: 'by hand' };
const SPOOL_KEY: ListedSecret = { credential: 'spool key', secret: 'edgehouse/spool-key', renewal: 'by hand' };

/** Rotated three days ago, to be rotated again in 27. */
function rotated(differences: Partial<RotationFacts> = {}): SecretFacts {
  const rotation = { enabled: true, lastAt: NOW - 3 * DAY, nextAt: NOW + 27 * DAY, pending: undefined };
  return { writtenAt: NOW - 3 * DAY, rotation: { ...rotation, ...differences } };
}

describe('a password under rotation', () => {
  test('that was rotated is well, and has no end', () => {
    expect(judgeSecret(WRITER, rotated(), NOW)).toEqual({
      credential: 'clickhouse writer',
      state: 'ok',
      writtenAt: NOW - 3 * DAY,
      expires: 'never',
      next: NOW + 27 * DAY,
      last: 'rotated 2026-03-01T05:06:07Z',
    });
  });

  test('that was written by hand may have an end that nobody here knows', () => {
    const status = judgeSecret(WRITER, rotated({ lastAt: undefined }), NOW);

    expect(status).toMatchObject({ state: 'ok', expires: undefined, last: 'never rotated' });
  });

  test('whose date has passed is late', () => {
    expect(judgeSecret(WRITER, rotated({ nextAt: NOW - 1 }), NOW).state).toBe('late');
  });

  test('whose rotation is turned off has no next run, and needs a look', () => {
    const status = judgeSecret(WRITER, rotated({ enabled: false }), NOW);

    expect(status).toMatchObject({ state: 'off', next: undefined });
    expect(status.last).toBe('rotated 2026-03-01T05:06:07Z; its rotation is turned off');
  });

  test('with a rotation under way is well for an hour', () => {
    const status = judgeSecret(WRITER, rotated({ pending: { since: NOW - 2 * MINUTE } }), NOW);

    expect(status.state).toBe('ok');
    expect(status.last).toMatch(/; one is under way since 2026-03-04T05:04:07Z$/);
  });

  test.each([NOW - 61 * MINUTE, undefined])('with a version left AWSPENDING since %s needs a look', (since) => {
    const status = judgeSecret(WRITER, rotated({ pending: { since } }), NOW);

    expect(status.state).toBe('unfinished');
    expect(status.last).toMatch(/; one did not end: a version is AWSPENDING/);
  });

  test('that could not be copied to a region needs a look, before the old one dies there', () => {
    const status = judgeSecret(WRITER, { ...rotated(), failedReplicas: ['eu-west-1'] }, NOW);

    expect(status.state).toBe('unreplicated');
    expect(status.last).toBe('rotated 2026-03-01T05:06:07Z; not copied to eu-west-1');
  });

  test('that a store cannot rotate is not said to be rotated', () => {
    expect(judgeSecret(WRITER, { writtenAt: NOW }, NOW).state).toBe('off');
  });
});

describe('a secret that a person renews', () => {
  test('is as old as its version, and of its end only its service knows', () => {
    expect(judgeSecret(ADMIN, { writtenAt: NOW - DAY }, NOW)).toMatchObject({
      state: 'ok',
      writtenAt: NOW - DAY,
      expires: undefined,
      next: 'by hand',
    });
  });

  test('and is a key of ours has no end', () => {
    expect(judgeSecret(SPOOL_KEY, { writtenAt: NOW }, NOW).expires).toBe('never');
  });

  test('needs a look where it is not there, or nobody has written it', () => {
    expect(judgeSecret(ADMIN, undefined, NOW)).toMatchObject({
      state: 'absent',
      last: expect.stringContaining('no secret a,'),
    });
    expect(judgeSecret(ADMIN, { writtenAt: 'never' }, NOW)).toMatchObject({ state: 'empty', writtenAt: undefined });
  });
});

describe('the signing master', () => {
  const listed: ListedSecret = {
    credential: 'signing master',
    secret: 'edgehouse/signing-master',
    renewal: 'rotate signing',
  };
  const [older, newer] = [
    { version: 1, key: Buffer.alloc(32, 1) },
    { version: 2, key: Buffer.alloc(32, 2) },
  ];
  const judge = (master: SigningMaster) =>
    judgeSigningMaster(judgeSecret(listed, { writtenAt: NOW }, NOW), master, NOW, 3600);

  test('without a roll waits for a person to begin one', () => {
    const status = judge({ keys: [newer], roll: undefined });

    expect(status).toMatchObject({ state: 'ok', expires: 'never', next: 'rotate signing' });
    expect(status.last).toBe('versions 2; tokens are made with 2; no roll is under way');
  });

  test('in a roll says which version makes tokens, and when its next step can follow', () => {
    const since = NOW / 1000 - 120;

    const readable = judge({ keys: [newer, older], roll: { phase: 'readable', since } });
    const minting = judge({ keys: [newer, older], roll: { phase: 'minting', since: since - 4800 } });

    expect(readable).toMatchObject({ next: NOW + 63 * MINUTE });
    expect(readable.last).toBe('versions 2, 1; tokens are made with 1; roll: readable for 2 min');
    expect(minting).toMatchObject({ next: 'rotate signing' });
    expect(minting.last).toBe('versions 2, 1; tokens are made with 2; roll: minting for 82 min');
  });
});

test('the issuer’s keys say which one signs, and when the roll’s next step can follow', () => {
  const listed: ListedSecret = {
    credential: 'issuer keys',
    secret: 'edgehouse/issuer-keys',
    renewal: 'rotate issuer-key',
  };
  const base = judgeSecret(listed, { writtenAt: NOW }, NOW);
  const since = NOW / 1000 - 120;

  const idle = judgeIssuerKeys(base, { active: 'a', roll: undefined }, NOW, 3600);
  const rolling = judgeIssuerKeys(base, { active: 'b', roll: { phase: 'signing', since } }, NOW, 3600);

  expect(idle).toMatchObject({ next: 'rotate issuer-key', last: 'key a signs; no roll is under way' });
  expect(rolling.last).toBe('key b signs; roll: signing for 2 min');
  expect(rolling.next).toBeGreaterThan(NOW + 58 * MINUTE);
});

describe('the token of an EdgeWorker', () => {
  const token = { id: 12345, network: 'staging' } as const;
  const judgeAt = (now: number, item: string | undefined) => judgeEdgeToken(token, item, { now, refreshMinutes: 15 });
  const item = (differences: object = {}) =>
    JSON.stringify({
      v: 1,
      token: 'canary',
      key: 'canary',
      notBefore: NOW / 1000 - 60,
      exp: 3600 + NOW / 1000,
      ...differences,
    });

  test('is as old as its push, and followed by another a refresh period later', () => {
    expect(judgeAt(NOW + MINUTE, item())).toEqual({
      credential: 'edge token 12345 staging',
      state: 'ok',
      writtenAt: NOW,
      expires: NOW + 60 * MINUTE,
      next: NOW + 15 * MINUTE,
      last: 'pushed 2026-03-04T05:06:07Z',
    });
  });

  test.each([
    [16, 'ok'],
    [17, 'late'],
    [59, 'late'],
    [60, 'expired'],
  ])('is, %s minutes after its push with none after it, %s', (minutes, state) => {
    expect(judgeAt(NOW + minutes * MINUTE, item()).state).toBe(state);
  });

  test.each([0, 60, 300, 3_000])('is well until the next is due, where its issuer dates it %s s back', (age) => {
    const claims = { iat: NOW / 1000 - age, nbf: NOW / 1000 - age, exp: 3600 + NOW / 1000 };
    const access_token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AA`;
    const body = JSON.stringify({ access_token, token_type: 'Bearer' });
    const { notBefore, exp } = readTokenAnswer({ status: 200, contentType: 'application/json', body }, NOW / 1000);

    const status = judgeAt(NOW + 15 * MINUTE, item({ notBefore, exp }));

    expect(status.state).toBe('ok');
  });

  test('needs a look where EdgeKV shows none, or something else', () => {
    expect(judgeAt(NOW, undefined).state).toBe('absent');
    for (const text of [
      '',
      'canary',
      '[]',
      '{"v":2}',
      item({ v: 2 }),
      item({ exp: 'soon' }),
      item({ exp: 1e15 }),
      item({ notBefore: -1 }),
      item({ notBefore: 1.5 }),
    ]) {
      expect(judgeAt(NOW, text)).toMatchObject({ state: 'unread', last: expect.not.stringContaining('canary') });
    }
  });

  test('is never called well when it has expired, and never shown', () => {
    const times = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(times, times, times, fc.integer({ min: 1, max: 360 }), (notBefore, exp, at, refreshMinutes) => {
        const status = judgeEdgeToken(token, item({ notBefore, exp }), { now: at * 1000, refreshMinutes });

        expect(JSON.stringify(status)).not.toContain('canary');
        if (at >= exp) expect(isWell(status)).toBe(false);
        if (isWell(status)) expect(at).toBeLessThan(notBefore + 60 + refreshMinutes * 60 + 120);
      }),
    );
  });

  const anyTimes = fc
    .tuple(fc.maxSafeInteger(), fc.maxSafeInteger())
    .map(([notBefore, exp]) => item({ notBefore, exp }));
  test('is judged whatever lies in its place', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), anyTimes), (text) => {
        expect(judgeAt(NOW, text).credential).toBe('edge token 12345 staging');
      }),
    );
  });
});
