import { afterEach, beforeEach, expect } from '@jest/globals';
import { CLIENT, type ShipRig, startShipRig } from './ship-rig.ts';

/** Starts a rig with bundles of 1.0.0 before each test, and ends it; no request was unsigned then, and no secret was printed. */
export function useShipRig(): () => ShipRig {
  let rig: ShipRig | undefined;

  beforeEach(async () => {
    rig = await startShipRig();
    await rig.build('1.0.0');
  });
  afterEach(async () => {
    const { api, lines, failures, stop } = started(rig);
    await stop();
    expect(api.unsigned).toEqual([]);
    for (const secret of Object.values(CLIENT)) expect([...lines, ...failures].join('\n')).not.toContain(secret);
  });

  return () => started(rig);
}

function started(rig: ShipRig | undefined): ShipRig {
  if (rig === undefined) throw new Error('It is not started: only tests may ask for it.');
  return rig;
}
