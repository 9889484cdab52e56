import { beforeEach, describe, expect, test } from '@jest/globals';
import { COLLECTOR, EVENTS, MINUTE, ONE } from './support/ship-rig.ts';
import { useShipRig } from './support/use-ship-rig.ts';

const rig = useShipRig();

describe('an activation that fails', () => {
  beforeEach(() => {
    for (const network of ['STAGING', 'PRODUCTION'])
      rig().api.deployed(COLLECTOR, '0.9.0', network, rig().now() - MINUTE);
  });

  test.each(['ERROR', 'ABORTED', 'EXPIRED', 'CANCELLED', 'DELETED_BY_AKAMAI'])(
    'with %s brings back the version before it, and production is left alone',
    async (outcome) => {
      rig().api.plans.push({ outcome, replacesActive: true });

      const failure = await rig().deploy(...ONE);

      expect(failure).toMatchObject({ code: 'EDGE_ACTIVATION_FAILED', message: expect.stringContaining(outcome) });
      expect(rig().activated().slice(2)).toEqual([
        `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
        `${COLLECTOR} 0.9.0 STAGING: edgehouse deploy: back after a failure`,
      ]);
      expect(rig().api.active(COLLECTOR, 'STAGING')).toBe('0.9.0');
      expect(rig().lines.at(-1)).toBe('! collector  STAGING: 0.9.0 is active, as before');
    },
  );

  test('and leaves that one in force changes nothing more', async () => {
    rig().api.plans.push({}, { outcome: 'ERROR' });

    await rig().deploy(...ONE);

    expect(rig().activated().slice(2)).toEqual([
      `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
      `${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`,
    ]);
    expect(rig().lines.at(-1)).toBe('! collector  PRODUCTION: 0.9.0 is active, as before');
  });

  test('and whose way back fails too says both', async () => {
    rig().api.plans.push({ outcome: 'ERROR', replacesActive: true }, { outcome: 'ABORTED' });

    const failure = await rig().deploy(...ONE);

    expect(failure).toMatchObject({ message: expect.stringContaining('version 1.0.0 on STAGING, with status ERROR') });
    expect(rig().lines.at(-1)).toContain('! collector  STAGING: 0.9.0 was not brought back: EDGE_ACTIVATION_FAILED');
  });

  test('and was the first one says that there is none to go back to', async () => {
    rig().api.plans.push({ outcome: 'ERROR' });

    await rig().deploy('--only', 'request-event');

    expect(rig().lines.at(-1)).toContain('no version was active before');
  });
});

describe('a rollback', () => {
  beforeEach(async () => {
    for (const id of [COLLECTOR, EVENTS]) {
      for (const network of ['STAGING', 'PRODUCTION']) rig().api.deployed(id, '0.9.0', network, rig().now() - MINUTE);
    }
    await rig().deploy(...ONE);
  });

  test('brings back what was active before, on production first', async () => {
    const before = rig().posted().length;

    const failure = await rig().deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(new Set(rig().posted().slice(before))).toEqual(new Set([`POST /ids/${COLLECTOR}/activations`]));
    expect(rig().activated().slice(-2)).toEqual([
      `${COLLECTOR} 0.9.0 PRODUCTION: edgehouse rollback from 1.0.0`,
      `${COLLECTOR} 0.9.0 STAGING: edgehouse rollback from 1.0.0`,
    ]);
    expect(rig().lines.at(-1)).toBe('collector  STAGING: 0.9.0 is active again, after 1.0.0');
  });

  test('that is run twice does not bring back what it has undone', async () => {
    await rig().deploy(...ONE, '--rollback');
    const before = rig().api.activations.length;

    const failure = await rig().deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(rig().api.activations).toHaveLength(before);
    expect(rig().lines.at(-1)).toBe('collector  STAGING: 0.9.0 is active, not 1.0.0: there is nothing to undo');
  });

  test('goes one version further back with the bundles of the version that it went back to', async () => {
    await rig().build('1.1.0');
    await rig().deploy(...ONE);
    await rig().deploy(...ONE, '--rollback');
    await rig().build('1.0.0');

    const failure = await rig().deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(['STAGING', 'PRODUCTION'].map((network) => rig().api.active(COLLECTOR, network))).toEqual([
      '0.9.0',
      '0.9.0',
    ]);
  });

  test('that is run again while the first one goes on waits for it', async () => {
    rig().api.plans.push({ takes: 20 * MINUTE });
    const first = await rig().deploy(...ONE, '--rollback', '--network', 'production', '--wait', '1');
    const before = rig().api.activations.length;

    const second = await rig().deploy(...ONE, '--rollback', '--network', 'production');

    expect(first).toMatchObject({ code: 'EDGE_ACTIVATION_UNFINISHED' });
    expect(second).toBeUndefined();
    expect(rig().api.activations).toHaveLength(before);
    expect(rig().api.active(COLLECTOR, 'PRODUCTION')).toBe('0.9.0');
  });

  test('of a version that is on its way does not take it for gone', async () => {
    await rig().build('1.1.0');
    rig().api.plans.push({ takes: 20 * MINUTE });
    await rig().deploy(...ONE, '--network', 'staging', '--wait', '1');

    const failure = await rig().deploy(...ONE, '--rollback', '--network', 'staging');

    expect(failure).toMatchObject({
      code: 'EDGE_ACTIVATION_BUSY',
      message: expect.stringContaining('version 1.1.0 on STAGING, is PENDING, so that 1.0.0 was not activated'),
    });
  });

  test('activates once, though the answer is lost', async () => {
    const before = rig().api.activations.length;
    rig().fault(/POST .*activations$/, { kind: 'cut', done: true });

    await rig().deploy(...ONE, '--rollback', '--network', 'production');

    expect(rig().api.activations).toHaveLength(before + 1);
  });

  test('from the first version there ever was is impossible, and says so', async () => {
    rig().api.activations.splice(0, 4);

    const failure = await rig().deploy(...ONE, '--rollback');

    expect(failure).toMatchObject({
      code: 'EDGE_ROLLBACK_IMPOSSIBLE',
      message: expect.stringContaining('EdgeWorker 12346 has had no version but 1.0.0 on PRODUCTION'),
    });
  });
});
