import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { config } from '#config';
import { formatSigningMaster, parseSigningMaster } from '../../functions/rotation/signing-master.ts';
import { formatIssuerKeys } from '../../functions/shared/issuer-keys.ts';
import { type DrillOptions, type RollInHand, runEdgeDrill } from './support/edge-drill.ts';
import { findSecrets } from './support/find-secrets.ts';
import { scanForSecrets } from './support/scan-for-secrets.ts';

const { tokenLifetimeMinutes, refreshMinutes } = config.edge;

/**
 * Six hours with servers up to a minute ahead or behind, EdgeKV up to two minutes late, a tenth of the pushes lost, Akamai's API
 * failing now and then, 50 minutes without one region's secret store just when the signing master's roll begins, and 40 minutes
 * without issuer.
 */
const SIX_HOURS: DrillOptions = {
  seed: 1,
  minutes: 360,
  tokenLifetimeMinutes,
  refreshMinutes,
  issuerOutage: { from: 185, to: 225 },
  storeOutage: { from: 20, to: 70 },
  lost: 0.1,
  apiFails: 0.1,
  minterAhead: 30,
};
const SERVERS = 5;
/** Four a minute from each server; the first five minutes belong to the first push. */
const batchesIn = (minutes: number) => SERVERS * ((minutes - 5) * 4 + 1);
const BATCHES = batchesIn(360);
/** An hour more than the outage, wherever in a period it begins. */
const SHORT_MINUTES = 150;
const SHORT_BATCHES = batchesIn(SHORT_MINUTES);
const KEY_ROLL = ['publish', 'wait', 'unseen', 'sign', 'wait', 'retire'];
const ROLL = ['stage', 'blocked', 'confirm', 'wait', 'promote', 'wait', 'retire'];

/** An outage of 40 minutes that swallows three refreshes: two thirds of all of them do. */
const THREE_MISSED = { from: 194, to: 234 };

describe('an EdgeWorker', () => {
  test.each([1, 2, 3])('is never refused and never without credentials for six hours (seed %i)', async (seed) => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, seed });

    expect(drill).toMatchObject({ sent: BATCHES, accepted: BATCHES, refused: {}, without: {} });
    // All of it really happened.
    expect(drill).toMatchObject({ steps: ROLL, versions: [1, 2], keySteps: KEY_ROLL, kids: ['a', 'b'] });
    expect(drill.failedRefreshes).toBeGreaterThan(0);
    expect(drill.lostWrites).toBeGreaterThan(0);
    expect(drill.staleReads).toBeGreaterThan(0);
  });

  test.each(Array.from({ length: refreshMinutes }, (_none, minute) => minute))(
    'nor whenever 40 minutes without issuer begin (minute %i of a refresh period), with all that is late as late as it may be',
    async (minute) => {
      // At the end of the minute: in the first one a refresh that Scheduler begins late is the first of three that are missed.
      const from = 45.9 + minute;
      const drill = await runEdgeDrill({
        ...SIX_HOURS,
        seed: minute,
        minutes: SHORT_MINUTES,
        issuerOutage: { from, to: from + 40 },
        latest: true,
        operate: async () => undefined,
      });

      expect(drill).toMatchObject({ accepted: SHORT_BATCHES, refused: {}, without: {} });
    },
  );
});

describe('the drill fails', () => {
  test('where a refresh that failed is not tried again until the next: of three missed, the fourth comes as the token expires', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, seed: 2, issuerOutage: THREE_MISSED, callMinutes: 1 });

    expect(drill.without).toEqual({ 'the EdgeKV item is expired': expect.any(Number) });
  });

  test('with a lifetime that is shorter than the outage and a period', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, tokenLifetimeMinutes: 45, refreshMinutes: 11 });

    expect(BATCHES - drill.accepted).toBeGreaterThan(50);
  });

  test('with fewer than four periods, of which no token is pushed at all', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, minutes: 60, tokenLifetimeMinutes: 59, refreshMinutes: 15 });

    expect(drill.sent).toBe(0);
    expect(drill.record).toContain('TOKEN_LIFETIME_TOO_SHORT');
  });

  test('where tokens are minted with a version that not every region reads yet', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, operate: mintAtOnce });

    expect(drill.refused).toEqual({ BATCH_SIGNATURE_INVALID: expect.any(Number) });
  });

  test('where the old version goes as soon as the new one is minted with', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, operate: withoutOverlap });

    expect(drill.refused).toEqual({ BATCH_SIGNATURE_INVALID: expect.any(Number) });
  });

  test('where the old key of the issuer goes as soon as the other one signs', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, operate: withoutKeyOverlap });

    expect(drill.refused).toEqual({ KEY_UNKNOWN: expect.any(Number) });
  });

  test('where the clock that mints is a minute ahead: the API tolerates 30 s of an `iat` that lies ahead', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, minutes: 180, minterAhead: 60 });

    expect(drill.refused).toEqual({ TOKEN_NOT_YET_VALID: expect.any(Number) });
  });
});

describe('nothing that the drill logs, counts, throws or prints', () => {
  test('holds a token, a batch key, a version of the master or a part of Akamai’s credential, in any encoding', async () => {
    const { record, secrets } = await runEdgeDrill({
      ...SIX_HOURS,
      minterAhead: 60,
      lost: 0.5,
      apiFails: 0.6,
    });

    expect(secrets.size).toBeGreaterThan(40);
    const words = [
      'EDGEKV_WRITE_FAILED',
      'TOKEN_NOT_YET_VALID',
      'SECRET_UNAVAILABLE',
      'does not show yet',
      'TokensRefreshed',
    ];
    expect(words.filter((word) => !record.includes(word))).toEqual([]);
    expect(scanForSecrets(record, secrets)).toEqual([]);
    const [[name, secret] = ['', '']] = secrets;
    expect(scanForSecrets(`${record}${Buffer.from(secret).toString('hex')}`, secrets)).toEqual([name]);
  });

  test('would pass unseen: a secret is found in whatever encoding and place', () => {
    const encodings: readonly ((secret: string, around: string) => string)[] = [
      (secret, around) => around + secret + around,
      (secret, around) => JSON.stringify(around + secret),
      (secret, around) => encodeURIComponent(around + secret + around),
      (secret) => Buffer.from(secret).toString('hex'),
      (secret, around) => Buffer.from(around + secret + around).toString('base64'),
      (secret, around) => Buffer.from(around + secret).toString('base64url'),
    ];
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\w"/+=\\.-]{20,60}$/),
        fc.string(),
        fc.constantFrom(...encodings),
        (...given) => {
          const [secret, around, encode] = given;
          expect(findSecrets(encode(secret, around), new Map([['a', secret]]))).toEqual(['a']);
        },
      ),
    );
    const key = randomBytes(32);
    expect(findSecrets(`{"k":"${key.toString('base64url')}"}`, new Map([['key', key]]))).toEqual(['key']);
  });
});

async function rewrite({ master }: RollInHand, change: (text: string) => string): Promise<void> {
  const { text, version } = await master.primary.readVersion('master');
  await master.primary.write('master', change(text), version);
}

async function mintAtOnce(roll: RollInHand): Promise<void> {
  if (roll.minute !== 30) return;
  await rewrite(roll, (text) => {
    const [old] = parseSigningMaster(text).keys;
    return formatSigningMaster({ keys: [{ version: 2, key: Buffer.alloc(32, 2) }, old], roll: undefined });
  });
}

async function withoutOverlap(roll: RollInHand): Promise<void> {
  if (roll.minute < 30 || (await roll.step()) !== 'promote') return;
  await rewrite(roll, (text) => formatSigningMaster({ keys: [parseSigningMaster(text).keys[0]], roll: undefined }));
}

async function withoutKeyOverlap({ minute, issuer }: RollInHand): Promise<void> {
  if (minute < 30) return;
  await issuer.roll();
  if (issuer.steps.at(-1) !== 'sign') return;
  const { version } = await issuer.note.readVersion('issuer-keys');
  await issuer.note.write('issuer-keys', formatIssuerKeys({ active: 'b', roll: undefined }), version);
}
