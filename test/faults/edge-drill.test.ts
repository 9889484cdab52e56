import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { config } from '#config';
import { formatSigningMaster, parseSigningMaster } from '../../functions/rotation/signing-master.ts';
import { type DrillOptions, type RollInHand, runEdgeDrill } from './support/edge-drill.ts';
import { findSecrets } from './support/find-secrets.ts';

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
const BATCHES = SERVERS * (355 * 4 + 1);
const ROLL = ['stage', 'blocked', 'confirm', 'wait', 'promote', 'wait', 'retire'];

/** An outage of 40 minutes that swallows three refreshes: two thirds of all of them do. */
const THREE_MISSED = { from: 190, to: 230 };

describe('an EdgeWorker', () => {
  test.each([1, 2, 3])('is never refused and never without credentials for six hours (seed %i)', async (seed) => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, seed });

    expect(drill).toMatchObject({ sent: BATCHES, accepted: BATCHES, refused: {}, without: {} });
    // All of it really happened.
    expect(drill).toMatchObject({ steps: ROLL, versions: [1, 2] });
    expect(drill.failedRefreshes).toBeGreaterThan(0);
    expect(drill.lostWrites).toBeGreaterThan(0);
    expect(drill.staleReads).toBeGreaterThan(0);
  });

  test.each([136, 181, 187, 194])(
    'nor at any other time of the outage, where a token outlives four periods by five minutes (from minute %i)',
    async (from) => {
      const drill = await runEdgeDrill({
        ...SIX_HOURS,
        tokenLifetimeMinutes: 4 * refreshMinutes + 5,
        issuerOutage: { from, to: from + 40 },
      });

      expect(drill).toMatchObject({ accepted: BATCHES, refused: {}, without: {}, steps: ROLL });
    },
  );
});

describe('the drill fails', () => {
  test('with a token of four periods exactly, where three refreshes are missed: the next one comes as it expires', async () => {
    const drill = await runEdgeDrill({
      ...SIX_HOURS,
      seed: 2,
      tokenLifetimeMinutes: 4 * refreshMinutes,
      issuerOutage: THREE_MISSED,
    });

    expect(drill.without).toEqual({ 'the EdgeKV item is expired': expect.any(Number) });
    // It is a matter of the two minutes that EdgeKV may take.
    expect(BATCHES - drill.accepted).toBeLessThan(SERVERS * 4 * 3);
  });

  test('with a lifetime that is shorter than the outage and a period', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, tokenLifetimeMinutes: 45, refreshMinutes: 11 });

    expect(BATCHES - drill.accepted).toBeGreaterThan(100);
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

  test('where the clock that mints is a minute ahead: the API tolerates 30 s of an `iat` that lies ahead', async () => {
    const drill = await runEdgeDrill({ ...SIX_HOURS, minutes: 180, minterAhead: 60 });

    expect(drill.refused).toEqual({ TOKEN_NOT_YET_VALID: expect.any(Number) });
  });
});

describe('nothing that the drill logs, counts or throws', () => {
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
    expect(findSecrets(record, secrets)).toEqual([]);
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
