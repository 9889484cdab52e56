import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiFault } from './support/edge-workers-stand-in.ts';
import { CLIENT, COLLECTOR, MINUTE, ONE, startShipRig } from './support/ship-rig.ts';
import { useShipRig } from './support/use-ship-rig.ts';

const CASES = Number(process.env['EDGEHOUSE_SHIP_CASES'] ?? 40);

const rig = useShipRig();

describe('a deployment that meets failures', () => {
  test.each([
    ['retry-after', '61', 61_000],
    ['retry-after', '3600', 120_000],
    ['akamai-ratelimit-next', '2026-01-02T03:05:05.500Z', 60_500],
    ['x-ratelimit-next', 'soon', 500],
  ])('waits as long as Akamai says where it sends too much, 2 min at most: %s %s', async (header, value, waited) => {
    rig().fault(/activations$/, { kind: 'refused', status: 429, headers: { [header]: value } });

    const failure = await rig().deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(rig().waits[0]).toBe(waited);
  });

  test('tries six times, longer and longer, and says what it was about', async () => {
    rig().fault(/validations$/, { kind: 'refused', status: 503, body: '<html>busy</html>' }, 6);

    const failure = await rig().deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'AKAMAI_API_FAILED',
      message: expect.stringMatching(
        /^Akamai did not validate the bundle: status 503\. Next: run the same command again/,
      ),
    });
    expect(rig().waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  test.each([true, false])('uploads once, though the answer is lost (done: %s)', async (done) => {
    rig().fault(/POST .*versions$/, { kind: 'cut', done });

    const failure = await rig().deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(
      rig()
        .posted()
        .filter((line) => line.endsWith('versions')),
    ).toHaveLength(done ? 1 : 2);
    expect([...rig().api.versions.keys()]).toEqual([`${COLLECTOR}/1.0.0`]);
  });

  test.each([true, false])('activates once, though the answer is lost (done: %s)', async (done) => {
    rig().fault(/POST .*activations$/, { kind: 'cut', done });

    const failure = await rig().deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(rig().activated()).toEqual([`${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`]);
  });

  test('goes on where it stopped, once an activation that takes long has ended', async () => {
    rig().api.plans.push({ takes: 45 * MINUTE });
    const begun = rig().now();

    const first = await rig().deploy(...ONE, '--network', 'staging');
    const waited = rig().now() - begun;
    const second = await rig().deploy(...ONE, '--network', 'staging');

    expect(first).toMatchObject({
      code: 'EDGE_ACTIVATION_UNFINISHED',
      message: expect.stringMatching(
        /activation 1 of EdgeWorker 12346.* is IN_PROGRESS after 30 min; nothing was undone/,
      ),
    });
    expect(waited).toBeGreaterThan(29 * MINUTE);
    expect(waited).toBeLessThanOrEqual(30 * MINUTE);
    expect(second).toBeUndefined();
    expect(rig().activated()).toHaveLength(1);
    expect(Math.max(...rig().waits)).toBe(30_000);
  });

  test('leaves a version alone that somebody else is activating', async () => {
    rig().api.deployed(COLLECTOR, '0.9.0', 'STAGING', rig().now() - MINUTE);
    const [other] = rig().api.activations;
    if (other !== undefined) other.takes = 10 * MINUTE;

    const failure = await rig().deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'EDGE_ACTIVATION_BUSY',
      message: expect.stringContaining('version 0.9.0 on STAGING, is PENDING, so that 1.0.0 was not activated'),
    });
    expect(rig().api.activations).toHaveLength(1);
  });

  test('does not take a state that is new to it for a failure', async () => {
    rig().api.plans.push({ outcome: 'QUEUED', takes: 0 });

    const failure = await rig().deploy(...ONE, '--network', 'staging', '--wait', '1');

    expect(failure).toMatchObject({ code: 'EDGE_ACTIVATION_UNFINISHED' });
  });

  test.each([
    [
      401,
      '{"detail":"The signature does not match"}',
      'status 401: The signature does not match. Next: look whether the API client',
    ],
    [401, `{"detail":"client_token=${CLIENT.clientToken} is unknown"}`, 'status 401. Next: look whether'],
    [
      403,
      '<html>Access Denied</html>',
      'status 403. Next: give the API client the services EdgeWorkers and EdgeKV, READ-WRITE',
    ],
    [404, '{"errorCode":"EW0042"}', 'status 404, EW0042. Next: compare the names and ids under edge'],
    [
      422,
      String.raw`{"errorCode":"EW3002","detail":"limit\u001b[0m"}`,
      String.raw`EW3002: limit\u{1b}[0m. Next: delete versions`,
    ],
    [418, '{"detail":7,"errorCode":["EW1"]}', 'status 418. Next: look the code up'],
    [200, '{"activations":{}}', 'status 200, but activations is not as documented'],
    [200, '<html>', 'status 200, but its body is not as documented'],
  ])('says what came and what to do: %d %s', async (status, body, said) => {
    rig().fault(/GET .*activations$/, { kind: 'refused', status, body });

    const failure = await rig().deploy(...ONE);

    expect(failure).toMatchObject({ code: 'AKAMAI_API_FAILED', message: expect.stringContaining(said) });
    expect(rig().waits).toEqual([]);
  });

  test(
    'whatever they are, ends with one upload and one activation a network after a few runs',
    async () => {
      const faults = fc.array(
        fc.record({
          on: fc.constantFrom(
            /validations/,
            /GET .*versions/,
            /POST .*versions/,
            /GET .*activations/,
            /POST .*activations/,
          ),
          fault: fc.constantFrom<ApiFault>(
            { kind: 'refused', status: 429 },
            { kind: 'refused', status: 500 },
            { kind: 'refused', status: 400 },
            { kind: 'cut', done: true },
            { kind: 'cut', done: false },
          ),
        }),
        { maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(
          faults,
          fc.array(fc.integer({ min: 0, max: 40 * MINUTE }), { maxLength: 2 }),
          async (met, takes) => {
            const fresh = await startShipRig();
            try {
              await fresh.build('1.0.0');
              fresh.api.faults.push(...met);
              fresh.api.plans.push(...takes.map((milliseconds) => ({ takes: milliseconds })));
              let failure = await fresh.deploy(...ONE);
              for (let runs = 1; failure !== undefined && runs < 16; runs++) failure = await fresh.deploy(...ONE);

              expect(failure).toBeUndefined();
              expect(fresh.api.activations.map(({ version, network }) => `${version} ${network}`)).toEqual([
                '1.0.0 STAGING',
                '1.0.0 PRODUCTION',
              ]);
            } finally {
              await fresh.stop();
            }
          },
        ),
        { numRuns: CASES },
      );
    },
    30_000 + 1_000 * CASES,
  );
});
