import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { passwordHash } from '../../../../functions/rotation/rotate-database-user/database-password.ts';
import { observeRotation } from '../../../../functions/rotation/rotate-database-user/observe-rotation.ts';
import { rotateDatabaseUser } from '../../../../functions/rotation/rotate-database-user/rotate-database-user.ts';
import type { RotationStep } from '../../../../functions/rotation/rotate-database-user/rotation-event.ts';
import type { RotationRefusal } from '../../../../functions/rotation/rotate-database-user/rotation-refused-error.ts';
import {
  CANDIDATE_MS,
  OVERLAP_MS,
  type RotationTools,
} from '../../../../functions/rotation/rotate-database-user/rotation-tools.ts';
import { type FileRotationStore, openFileRotationStore } from '../../../faults/support/file-rotation-store.ts';
import { scanForSecrets } from '../../../faults/support/scan-for-secrets.ts';

// As long as real ones, so that they can be looked for in all that is said.
const ONE = 'the-password-of-the-first.version';
const TWO = 'the-password-of-the-other~version';
const ROOT = 'the-password-of-the-administrator';
const NOW = Date.parse('2026-03-04T05:06:07Z');
const CURRENT = { url: 'https://ch.example:8443', username: 'edgehouse_writer', password: ONE };
const ADMIN = { url: 'https://ch.example:8443', username: 'admin', password: ROOT };
const STEPS: readonly RotationStep[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

let folder: string;
let store: FileRotationStore;
let accepted: Set<string>;
let statements: string[];
let tools: RotationTools;
/** All statements and errors of all tests here. */
const said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-steps-'));
  store = openFileRotationStore(folder);
  store.create('s', JSON.stringify(CURRENT));
  store.begin('s', 'new');
  accepted = new Set([ONE]);
  statements = [];
  tools = {
    store,
    database: {
      logsIn: async ({ password }) => accepted.has(password),
      prove: async () => undefined,
      change: async (_administrator, statement) => {
        statements.push(statement);
        for (const password of [ONE, TWO]) if (statement.includes(passwordHash(password))) accepted.add(password);
      },
    },
    administrator: async () => ADMIN,
    rights: (user) => (user === CURRENT.username ? { statements: [], has: [], hasNot: [] } : undefined),
    newPassword: () => TWO,
    clock: () => NOW,
    pause: async () => undefined,
  };
});
afterEach(() => {
  said.push(...statements);
  rmSync(folder, { recursive: true, force: true });
});

function rotate(step: RotationStep, token = 'new') {
  return rotateDatabaseUser({ step, secret: 's', token }, tools).catch((error: unknown) => {
    said.push(inspect(error, { depth: 9 }));
    throw error;
  });
}

async function pendingIs(value: object): Promise<void> {
  await store.putPending('s', 'new', JSON.stringify(value));
}

describe('a rotation', () => {
  test('adds the new password for a day, makes it last, and then lets the old one end', async () => {
    for (const step of STEPS) await rotate(step);

    const until = (ms: number) => `${new Date(NOW + ms).toISOString().slice(0, 19)}Z`;
    const [one, two] = [ONE, TWO].map(passwordHash);
    expect(statements).toEqual([
      `ALTER USER \`edgehouse_writer\` ADD IDENTIFIED WITH sha256_hash BY '${two}' VALID UNTIL '${until(CANDIDATE_MS)}'`,
      `ALTER USER \`edgehouse_writer\` ADD IDENTIFIED WITH sha256_hash BY '${two}'`,
      `ALTER USER \`edgehouse_writer\` IDENTIFIED WITH sha256_hash BY '${two}', sha256_hash BY '${one}' VALID UNTIL '${until(OVERLAP_MS)}'`,
    ]);
    expect(JSON.parse(await store.read('s'))).toEqual({ ...CURRENT, password: TWO });
  });

  test('keeps the password that its pending version has', async () => {
    await rotate('createSecret');
    await rotate('createSecret', 'new');

    expect(JSON.parse((await store.readVersion('s', 'new')) ?? '')).toEqual({ ...CURRENT, password: TWO });
  });

  test('changes nothing in ClickHouse where the pending password is there already', async () => {
    await rotate('createSecret');
    accepted.add(TWO);

    expect(await rotate('setSecret')).toBe('done');
    expect(statements).toEqual([]);
  });

  test('that came to its end answers every step quietly, and does not wake an old password that has died', async () => {
    for (const step of STEPS) await rotate(step);
    accepted.delete(ONE);
    statements = [];

    const outcomes = [];
    for (const step of STEPS) outcomes.push(await rotate(step));

    expect(new Set(outcomes)).toEqual(new Set(['already current']));
    expect(statements).toEqual([
      `ALTER USER \`edgehouse_writer\` IDENTIFIED WITH sha256_hash BY '${passwordHash(TWO)}'`,
    ]);
  });

  test('that comes late takes nothing away from a newer one', async () => {
    for (const step of STEPS) await rotate(step);
    store.begin('s', 'newer');
    statements = [];

    await rotate('finishSecret');

    expect(statements).toEqual([]);
  });

  test('waits for a replica that has not heard of the password yet', async () => {
    await rotate('createSecret');
    let pauses = 0;
    tools = {
      ...tools,
      database: { ...tools.database, change: async () => undefined },
      pause: async () => {
        pauses++;
        if (pauses === 3) accepted.add(TWO);
      },
    };

    expect(await rotate('setSecret')).toBe('done');
    expect(pauses).toBe(3);
  });

  test('is not begun for a secret that nobody has written, yet its schedule can be set up', async () => {
    store.create('s');
    store.begin('s', 'new');

    expect(await rotate('testSecret')).toBe('unwritten');
    await expect(rotate('createSecret')).rejects.toMatchObject({ reason: 'no current version' });
  });
});

describe('a rotation is refused before it changes anything', () => {
  test.each<[string, RotationStep, RotationRefusal, () => unknown]>([
    ['its schedule is off', 'setSecret', 'rotation disabled', () => store.setRotation('s', false)],
    [
      'another one has begun since',
      'setSecret',
      'version not pending',
      () =>
        store
          .moveCurrent('s', 'first', 'new')
          .then(() => store.begin('s', 'x'))
          .then(() => store.moveCurrent('s', 'new', 'x')),
    ],
    ['the pending version has no value', 'setSecret', 'no pending value', () => undefined],
    ['the pending version has no value', 'finishSecret', 'no pending value', () => undefined],
    [
      'it would go to another host',
      'setSecret',
      'other user or host',
      () => pendingIs({ ...CURRENT, url: 'https://evil.example', password: TWO }),
    ],
    [
      'it would go to another user',
      'setSecret',
      'other user or host',
      () => pendingIs({ ...CURRENT, username: 'x', password: TWO }),
    ],
    ['it would go to another user', 'testSecret', 'other user or host', () => pendingIs({ ...CURRENT, username: 'x' })],
    ['the password is not new', 'finishSecret', 'password not new', () => pendingIs(CURRENT)],
    ['a version is malformed', 'setSecret', 'value malformed', () => pendingIs({ password: TWO })],
    [
      'the current password proves nothing',
      'setSecret',
      'current password refused',
      () => pendingIs({ ...CURRENT, password: TWO }).then(() => accepted.clear()),
    ],
    [
      'the pending password was never set',
      'finishSecret',
      'pending password refused',
      () => pendingIs({ ...CURRENT, password: TWO }),
    ],
    [
      'the pending password was never set',
      'testSecret',
      'pending password refused',
      () => pendingIs({ ...CURRENT, password: TWO }),
    ],
    ['the current password does not work', 'testSecret', 'current password refused', () => accepted.clear()],
    [
      'the administrator is of another service',
      'setSecret',
      'administrator of another host',
      () => {
        tools = { ...tools, administrator: async () => ({ ...ADMIN, url: 'https://other.example:8443' }) };
        return pendingIs({ ...CURRENT, password: TWO });
      },
    ],
    [
      'it is the administrator',
      'setSecret',
      'user is the administrator',
      () => {
        tools = { ...tools, administrator: async () => CURRENT };
        return pendingIs({ ...CURRENT, password: TWO });
      },
    ],
    [
      'its user is none of ours',
      'setSecret',
      'user unknown',
      () => {
        tools = { ...tools, rights: () => undefined };
        return pendingIs({ ...CURRENT, password: TWO });
      },
    ],
  ])('where %s (%s)', async (_why, step, reason, arrange) => {
    await arrange();

    await expect(rotate(step)).rejects.toMatchObject({ code: 'ROTATION_REFUSED', retryable: false, reason });
    expect(statements).toEqual([]);
  });

  test('where the version is unknown', async () => {
    await expect(rotate('setSecret', 'unheard-of')).rejects.toMatchObject({ reason: 'version unknown' });
  });
});

describe('what is said of a rotation', () => {
  test.each<[RotationStep, 'done' | 'already current', readonly string[]]>([
    ['finishSecret', 'done', ['RotationSucceeded']],
    ['finishSecret', 'already current', []],
    ['setSecret', 'done', []],
  ])('%s that is %s counts %j', async (step, outcome, expected) => {
    const counted: string[] = [];
    const telemetry = { count: (metric: string) => void counted.push(metric), warn: () => undefined };

    await observeRotation({ step, secret: 's', token: 't' }, async () => outcome, telemetry);

    expect(counted).toEqual(expected);
  });

  test('a failure is counted, said and thrown on', async () => {
    const warned: unknown[] = [];
    const counted: string[] = [];
    const telemetry = {
      count: (metric: string) => void counted.push(metric),
      warn: (_words: string, fields: object) => void warned.push(fields),
    };
    store.setRotation('s', false);

    const run = observeRotation({ step: 'setSecret', secret: 's', token: 'new' }, () => rotate('setSecret'), telemetry);

    await expect(run).rejects.toThrow('its rotation is turned off');
    said.push(JSON.stringify(warned));
    expect(warned).toMatchObject([{ step: 'setSecret', secret: 's', code: 'ROTATION_REFUSED' }]);
    expect(counted).toEqual(['RotationFailed']);
  });
});

test('no statement, log or error of all these tests holds a password, in any encoding', () => {
  const passwords = new Map([ONE, TWO, ROOT].map((password) => [password, password]));

  expect(said.length).toBeGreaterThan(20);
  expect(scanForSecrets(said.join('\n'), passwords)).toEqual([]);
});
