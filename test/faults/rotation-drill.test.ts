import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RotationStep } from '../../functions/rotation/rotate-database-user/rotation-event.ts';
import {
  CANDIDATE_MS,
  OVERLAP_MS,
  type RotationTools,
} from '../../functions/rotation/rotate-database-user/rotation-tools.ts';
import { crashingTools, type Moment, ProcessKilled } from './support/crashing-tools.ts';
import { failWith, ROWS_INSERT } from './support/fault-proxy.ts';
import { findSecrets } from './support/find-secrets.ts';
import {
  type IngestContainer,
  type RotationRig,
  SECRET,
  startRotationRig,
  TOKEN,
  USERS,
} from './support/rotation-rig.ts';

// The state machine is proven here, on the real front and its table of passwords. What ClickHouse itself makes of the statements is
// proven by test/integration/rotation-server.test.ts, where CLICKHOUSE_URL points at a server.

const STEPS: readonly RotationStep[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const MOMENTS: Readonly<Record<'asks' | 'changes', readonly Moment[]>> = {
  asks: ['before'],
  changes: ['before', 'after', 'late'],
};
const RECOVERIES: Readonly<Record<string, (rotate: () => Promise<unknown>) => Promise<void>>> = {
  retried: async (rotate) => void (await rotate()),
  'retried twice': async (rotate) => {
    await rotate();
    await rotate();
  },
  'run beside itself': async (rotate) => void (await Promise.all([rotate(), rotate()])),
};
/** Containers let go of a password within a minute: at this pace they are a step behind. */
const BETWEEN_STEPS_MS = 20_000;

const ONE_RIGHT_EACH = {
  statements: ['INSERT INTO edgehouse.web_events SETTINGS async_insert = 0 FORMAT JSONEachRow'],
  has: ['INSERT ON edgehouse.web_events'],
  hasNot: ['SELECT ON edgehouse.web_events'],
};

let rig: RotationRig;
/** Those of the rig, with one right of each kind to prove: all of them are in test/integration/rotation-steps.test.ts. */
let tools: RotationTools;
/** The writer that inserts through all of it. */
let container: IngestContainer;
const statuses = new Map<number, number>();

beforeAll(async () => {
  rig = await startRotationRig();
  tools = { ...rig.tools, rights: () => ONE_RIGHT_EACH };
});
afterAll(() => rig?.stop());
beforeEach(() => {
  container = rig.container();
});
afterEach(() => container.close());

describe.each(STEPS)('a rotation whose process dies in %s', (step) => {
  test.each(Object.keys(RECOVERIES))(
    'at any await, and is then %s, ends with one password that works, and no batch has failed',
    async (recovery) => {
      const deaths = (await awaitsOf(step)).flatMap((kind, at) =>
        MOMENTS[kind].map((moment) => ({ at: at + 1, moment })),
      );

      expect(deaths.length).toBeGreaterThan(3);
      for (const death of deaths) {
        const ended = await rotateThroughCrash(step, death, RECOVERIES[recovery] ?? fail);
        expect({ ...death, ...ended }).toEqual({ ...death, ...GOOD_END });
      }
    },
    240_000,
  );
});

test('every batch of the drill was stored at once, by one insert that no password kept waiting', () => {
  const inserts = rig.proxy.statements.filter((statement) => ROWS_INSERT.test(statement));

  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(500);
  expect(inserts).toHaveLength(statuses.get(200) ?? 0);
});

test('every statement that changed a user is ClickHouse SQL, and says nothing but a hash', async () => {
  const shapes = new Set(
    rig.proxy.statements
      .filter((statement) => statement.startsWith('ALTER'))
      .map((statement) => statement.replaceAll(/[0-9a-f]{64}/g, 'a'.repeat(64)).replaceAll(/\d{4}-[\dT:-]+Z/g, 'TIME')),
  );

  expect([...shapes].sort()).toEqual([
    `ALTER USER \`edgehouse_writer\` ADD IDENTIFIED WITH sha256_hash BY '${'a'.repeat(64)}'`,
    `ALTER USER \`edgehouse_writer\` ADD IDENTIFIED WITH sha256_hash BY '${'a'.repeat(64)}' VALID UNTIL 'TIME'`,
    `ALTER USER \`edgehouse_writer\` IDENTIFIED WITH sha256_hash BY '${'a'.repeat(64)}', sha256_hash BY '${'a'.repeat(64)}' VALID UNTIL 'TIME'`,
  ]);
  for (const shape of shapes) {
    const query = `EXPLAIN AST ${shape.replaceAll('TIME', '2026-03-04T05:06:07Z')}`;
    const { stream } = await rig.admin.exec({ query });
    expect(
      await stream
        .setEncoding('utf8')
        .toArray()
        .then((parts) => parts.join('')),
    ).toContain('CreateUserQuery');
  }
});

test('no password is in anything that was logged, thrown, counted or sent as SQL, in any encoding', async () => {
  await rig.begin(USERS.writer);
  await rig.rotate('createSecret');
  rig.proxy.set(/^ALTER/, failWith(241));
  await expect(rig.rotate('setSecret')).rejects.toThrow('ClickHouse answered with code 241');
  rig.proxy.clear();
  await expect(rig.rotate('finishSecret')).rejects.toThrow('was not rotated');
  const everything = [...rig.said, ...rig.proxy.statements].join('\n');
  const named = new Map(rig.passwords.map((password, at) => [`password ${at}`, password]));

  expect(rig.passwords.length).toBeGreaterThan(100);
  expect(everything).toContain('was not rotated');
  expect(findSecrets(everything, named)).toEqual([]);
  expect(findSecrets(`${everything}${btoa(rig.passwords[7] ?? '')}`, named)).toEqual(['password 7']);
});

const GOOD_END = {
  current: 'the new password',
  newWorks: true,
  oldWorksInOverlap: true,
  oldWorksAfter: false,
  newWorksForEver: true,
};

/** What an undisturbed step awaits, so that the drill knows where it can die. */
async function awaitsOf(step: RotationStep): Promise<readonly ('asks' | 'changes')[]> {
  await rig.begin(USERS.writer);
  for (const earlier of stepsBefore(step)) await rig.rotate(earlier, tools);
  const counted = crashingTools(tools, 0, 'before');
  await rig.rotate(step, counted.tools);
  return counted.awaited;
}

async function rotateThroughCrash(
  step: RotationStep,
  { at, moment }: { readonly at: number; readonly moment: Moment },
  recover: (rotate: () => Promise<unknown>) => Promise<void>,
) {
  const old = await rig.begin(USERS.writer);
  for (const earlier of stepsBefore(step)) await goOn(() => rig.rotate(earlier, tools));
  const crash = crashingTools(tools, at, moment);
  await goOn(() => expect(rig.rotate(step, crash.tools)).rejects.toThrow(ProcessKilled));
  await goOn(() => recover(() => rig.rotate(step, tools)));
  for (const later of STEPS.slice(STEPS.indexOf(step) + 1)) await goOn(() => rig.rotate(later, tools));
  await goOn(() => crash.arriveLate());

  const made = JSON.parse((await rig.store.readVersion(SECRET, TOKEN)) ?? '{}').password;
  const current = await rig.currentPassword();
  const works = (password: string) => rig.logsIn(USERS.writer, password);
  const newWorks = await works(current);
  const oldWorksInOverlap = await works(old);
  await goOn(() => rig.advance(OVERLAP_MS));
  const oldWorksAfter = await works(old);
  await rig.advance(CANDIDATE_MS);
  return {
    current: current === made && current !== old ? 'the new password' : 'another',
    newWorks,
    oldWorksInOverlap,
    oldWorksAfter,
    newWorksForEver: await works(current),
  };
}

/** Does something while the writer writes, beside it and after it. */
async function goOn(work: () => Promise<unknown>): Promise<void> {
  await Promise.all([work(), write()]);
  await write();
  await rig.advance(BETWEEN_STEPS_MS);
}

async function write(): Promise<void> {
  const status = await container.write();
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

function stepsBefore(step: RotationStep): readonly RotationStep[] {
  return STEPS.slice(0, STEPS.indexOf(step));
}

function fail(): never {
  throw new Error('The drill has no such recovery.');
}
