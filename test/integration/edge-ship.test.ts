import { randomBytes } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openEdgeWorkersApi } from '../../cli/edge-workers-api.ts';
import { openEdgerc } from '../../cli/edgerc.ts';
import { packTgz } from '../../edgeworker/pack-tgz.ts';
import type { ApiFault } from './support/edge-workers-stand-in.ts';
import { CLIENT, COLLECTOR, EVENTS, type ShipRig, startShipRig } from './support/ship-rig.ts';

const ONE = ['--only', 'collector'] as const;
const MINUTE = 60_000;
const CASES = Number(process.env['EDGEHOUSE_SHIP_CASES'] ?? 40);

let rig: ShipRig;

beforeEach(async () => {
  rig = await startShipRig();
  await rig.build('1.0.0');
});

afterEach(async () => {
  const { api, lines, failures, stop } = rig;
  await stop();
  expect(api.unsigned).toEqual([]);
  for (const secret of Object.values(CLIENT)) expect([...lines, ...failures].join('\n')).not.toContain(secret);
});

function activated(): readonly string[] {
  return rig.api.activations.map(
    ({ edgeWorkerId, version, network, note }) => `${edgeWorkerId} ${version} ${network}${note && `: ${note}`}`,
  );
}

function posted(): readonly string[] {
  return rig.api.asked.filter((line) => line.startsWith('POST'));
}

/** The next request that fits meets this. */
function fault(on: RegExp, met: ApiFault, times = 1): void {
  for (let i = 0; i < times; i++) rig.api.faults.push({ on, fault: met });
}

describe('a deployment', () => {
  test('validates and uploads every bundle, then activates all on staging before any on production', async () => {
    const failure = await rig.deploy();

    expect(failure).toBeUndefined();
    expect(posted()).toEqual([
      'POST /validations',
      'POST /validations',
      `POST /ids/${COLLECTOR}/versions`,
      `POST /ids/${EVENTS}/versions`,
      `POST /ids/${COLLECTOR}/activations`,
      `POST /ids/${EVENTS}/activations`,
      `POST /ids/${COLLECTOR}/activations`,
      `POST /ids/${EVENTS}/activations`,
    ]);
    expect(activated()).toEqual([
      `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
      `${EVENTS} 1.0.0 STAGING: edgehouse deploy`,
      `${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`,
      `${EVENTS} 1.0.0 PRODUCTION: edgehouse deploy`,
    ]);
    expect(rig.lines).toEqual(
      expect.arrayContaining([
        'collector  Akamai finds no fault in it',
        'collector  version 1.0.0 is uploaded',
        'collector  STAGING: activation 1 of 1.0.0 is PRESUBMIT',
        'collector  STAGING: activation 1 of 1.0.0 is COMPLETE',
        'collector  STAGING: 1.0.0 is active',
        'request-event  PRODUCTION: 1.0.0 is active',
      ]),
    );
  });

  test('takes only the EdgeWorker and the network that it is told', async () => {
    await rig.deploy(...ONE, '--network', 'production');

    expect(activated()).toEqual([`${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`]);
  });

  test('uploads a bundle whole of which only the beginning is signed', async () => {
    const tgz = await packTgz([
      { name: 'main.js', text: `// ${randomBytes(160_000).toString('base64')}` },
      { name: 'bundle.json', text: '{"edgeworker-version":"1.0.0"}' },
    ]);
    const access = await openEdgerc({ kind: 'file', path: join(rig.folder, '.edgerc'), section: 'default' });
    const io = { fetch, now: rig.now, random: () => 0, wait: async () => {} };

    await openEdgeWorkersApi(access, io).upload(COLLECTOR, tgz);

    expect(tgz.byteLength).toBeGreaterThan(131_072);
    expect(rig.api.versions.get(`${COLLECTOR}/1.0.0`)?.equals(tgz)).toBe(true);
  });

  test('of a bundle that the config or the sources no longer make asks Akamai nothing, but does not stand in the way back', async () => {
    const stale = await startShipRig({ collector: { edgeWorkerId: COLLECTOR, stream: 'web', clientIp: 'full' } });
    await stale.build('1.0.0');
    await copyFile(join(stale.folder, 'collector.tgz'), join(rig.folder, 'collector.tgz'));
    await stale.stop();

    const failure = await rig.deploy(...ONE);
    const asked = rig.api.asked.length;
    const back = await rig.deploy(...ONE, '--rollback');

    expect(failure).toMatchObject({
      code: 'EDGE_BUNDLE_UNUSABLE',
      message: expect.stringContaining('not what this config and these sources make now'),
    });
    expect(asked).toBe(0);
    expect(back).toBeUndefined();
  });

  test('that was done is not done again', async () => {
    await rig.deploy();
    const before = posted().length;

    const failure = await rig.deploy();

    expect(failure).toBeUndefined();
    expect(posted().slice(before)).toEqual(['POST /validations', 'POST /validations']);
    expect(rig.lines.slice(-5)).toEqual([
      'request-event  version 1.0.0 was uploaded before',
      'collector  STAGING: 1.0.0 is active already',
      'request-event  STAGING: 1.0.0 is active already',
      'collector  PRODUCTION: 1.0.0 is active already',
      'request-event  PRODUCTION: 1.0.0 is active already',
    ]);
  });

  test('of a version that is another bundle there ends before anything is activated', async () => {
    await rig.deploy(...ONE);
    await rig.build('1.0.0', 'another-reference');
    const before = rig.api.activations.length;

    const failure = await rig.deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'EDGE_VERSION_TAKEN',
      message: expect.stringMatching(
        /version 1\.0\.0 with the checksum [0-9a-f]{64}.*raise the version in package\.json/,
      ),
    });
    expect(rig.api.activations).toHaveLength(before);
  });

  test('knows its bundle also by the other checksum of the API’s document', async () => {
    rig.api.checksum = 'sha1';
    await rig.deploy(...ONE, '--network', 'staging');

    expect(await rig.deploy(...ONE, '--network', 'staging')).toBeUndefined();
    await rig.build('1.0.0', 'another-reference');
    expect(await rig.deploy(...ONE, '--network', 'staging')).toMatchObject({ code: 'EDGE_VERSION_TAKEN' });
  });

  test('takes a list of nothing in whichever way it is written', async () => {
    fault(/GET .*activations$/, { kind: 'refused', status: 200, body: '{"activations":null}' }, 2);
    fault(/validations$/, { kind: 'refused', status: 200, body: '{"errors":null}' });

    const failure = await rig.deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
  });

  test('of bundles that Akamai finds faults in uploads none, and says all of them', async () => {
    rig.api.findings.push({ type: 'STATIC_VALIDATION_FAILED', message: 'main.js::9:16 \u001b[2J' });
    rig.api.warnings.push({ type: 'ACCESS_TOKEN_EXPIRING_SOON', message: 'soon' });

    const failure = await rig.deploy();

    const fault = String.raw`: STATIC_VALIDATION_FAILED: main.js::9:16 \u{1b}[2J`;
    expect(failure).toMatchObject({
      code: 'EDGE_BUNDLE_REFUSED',
      message: expect.stringContaining(`\ncollector${fault}\nrequest-event${fault}`),
    });
    expect(rig.lines).toContain('collector  warning ACCESS_TOKEN_EXPIRING_SOON: soon');
    expect(rig.api.versions.size).toBe(0);
  });
});

describe('a deployment that meets failures', () => {
  test.each([
    ['retry-after', '61', 61_000],
    ['retry-after', '3600', 120_000],
    ['akamai-ratelimit-next', '2026-01-02T03:05:05.500Z', 60_500],
    ['x-ratelimit-next', 'soon', 500],
  ])('waits as long as Akamai says where it sends too much, 2 min at most: %s %s', async (header, value, waited) => {
    fault(/activations$/, { kind: 'refused', status: 429, headers: { [header]: value } });

    const failure = await rig.deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(rig.waits[0]).toBe(waited);
  });

  test('tries six times, longer and longer, and says what it was about', async () => {
    fault(/validations$/, { kind: 'refused', status: 503, body: '<html>busy</html>' }, 6);

    const failure = await rig.deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'AKAMAI_API_FAILED',
      message: expect.stringMatching(
        /^Akamai did not validate the bundle: status 503\. Next: run the same command again/,
      ),
    });
    expect(rig.waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  test.each([true, false])('uploads once, though the answer is lost (done: %s)', async (done) => {
    fault(/POST .*versions$/, { kind: 'cut', done });

    const failure = await rig.deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(posted().filter((line) => line.endsWith('versions'))).toHaveLength(done ? 1 : 2);
    expect([...rig.api.versions.keys()]).toEqual([`${COLLECTOR}/1.0.0`]);
  });

  test.each([true, false])('activates once, though the answer is lost (done: %s)', async (done) => {
    fault(/POST .*activations$/, { kind: 'cut', done });

    const failure = await rig.deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
    expect(activated()).toEqual([`${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`]);
  });

  test('goes on where it stopped, once an activation that takes long has ended', async () => {
    rig.api.plans.push({ takes: 45 * MINUTE });
    const begun = rig.now();

    const first = await rig.deploy(...ONE, '--network', 'staging');
    const waited = rig.now() - begun;
    const second = await rig.deploy(...ONE, '--network', 'staging');

    expect(first).toMatchObject({
      code: 'EDGE_ACTIVATION_UNFINISHED',
      message: expect.stringMatching(
        /activation 1 of EdgeWorker 12346.* is IN_PROGRESS after 30 min; nothing was undone/,
      ),
    });
    expect(waited).toBeGreaterThan(29 * MINUTE);
    expect(waited).toBeLessThanOrEqual(30 * MINUTE);
    expect(second).toBeUndefined();
    expect(activated()).toHaveLength(1);
    expect(Math.max(...rig.waits)).toBe(30_000);
  });

  test('leaves a version alone that somebody else is activating', async () => {
    rig.api.deployed(COLLECTOR, '0.9.0', 'STAGING', rig.now() - MINUTE);
    const [other] = rig.api.activations;
    if (other !== undefined) other.takes = 10 * MINUTE;

    const failure = await rig.deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'EDGE_ACTIVATION_BUSY',
      message: expect.stringContaining('version 0.9.0 on STAGING, is PENDING, so that 1.0.0 was not activated'),
    });
    expect(rig.api.activations).toHaveLength(1);
  });

  test('does not take a state that is new to it for a failure', async () => {
    rig.api.plans.push({ outcome: 'QUEUED', takes: 0 });

    const failure = await rig.deploy(...ONE, '--network', 'staging', '--wait', '1');

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
    fault(/GET .*activations$/, { kind: 'refused', status, body });

    const failure = await rig.deploy(...ONE);

    expect(failure).toMatchObject({ code: 'AKAMAI_API_FAILED', message: expect.stringContaining(said) });
    expect(rig.waits).toEqual([]);
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

describe('an activation that fails', () => {
  beforeEach(() => {
    for (const network of ['STAGING', 'PRODUCTION']) rig.api.deployed(COLLECTOR, '0.9.0', network, rig.now() - MINUTE);
  });

  test.each(['ERROR', 'ABORTED', 'EXPIRED', 'CANCELLED', 'DELETED_BY_AKAMAI'])(
    'with %s brings back the version before it, and production is left alone',
    async (outcome) => {
      rig.api.plans.push({ outcome, replacesActive: true });

      const failure = await rig.deploy(...ONE);

      expect(failure).toMatchObject({ code: 'EDGE_ACTIVATION_FAILED', message: expect.stringContaining(outcome) });
      expect(activated().slice(2)).toEqual([
        `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
        `${COLLECTOR} 0.9.0 STAGING: edgehouse deploy: back after a failure`,
      ]);
      expect(rig.api.active(COLLECTOR, 'STAGING')).toBe('0.9.0');
      expect(rig.lines.at(-1)).toBe('! collector  STAGING: 0.9.0 is active, as before');
    },
  );

  test('and leaves that one in force changes nothing more', async () => {
    rig.api.plans.push({}, { outcome: 'ERROR' });

    await rig.deploy(...ONE);

    expect(activated().slice(2)).toEqual([
      `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
      `${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`,
    ]);
    expect(rig.lines.at(-1)).toBe('! collector  PRODUCTION: 0.9.0 is active, as before');
  });

  test('and whose way back fails too says both', async () => {
    rig.api.plans.push({ outcome: 'ERROR', replacesActive: true }, { outcome: 'ABORTED' });

    const failure = await rig.deploy(...ONE);

    expect(failure).toMatchObject({ message: expect.stringContaining('version 1.0.0 on STAGING, with status ERROR') });
    expect(rig.lines.at(-1)).toContain('! collector  STAGING: 0.9.0 was not brought back: EDGE_ACTIVATION_FAILED');
  });

  test('and was the first one says that there is none to go back to', async () => {
    rig.api.plans.push({ outcome: 'ERROR' });

    await rig.deploy('--only', 'request-event');

    expect(rig.lines.at(-1)).toContain('no version was active before');
  });
});

describe('a rollback', () => {
  beforeEach(async () => {
    for (const id of [COLLECTOR, EVENTS]) {
      for (const network of ['STAGING', 'PRODUCTION']) rig.api.deployed(id, '0.9.0', network, rig.now() - MINUTE);
    }
    await rig.deploy(...ONE);
  });

  test('brings back what was active before, on production first', async () => {
    const before = posted().length;

    const failure = await rig.deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(new Set(posted().slice(before))).toEqual(new Set([`POST /ids/${COLLECTOR}/activations`]));
    expect(activated().slice(-2)).toEqual([
      `${COLLECTOR} 0.9.0 PRODUCTION: edgehouse rollback from 1.0.0`,
      `${COLLECTOR} 0.9.0 STAGING: edgehouse rollback from 1.0.0`,
    ]);
    expect(rig.lines.at(-1)).toBe('collector  STAGING: 0.9.0 is active again, after 1.0.0');
  });

  test('that is run twice does not bring back what it has undone', async () => {
    await rig.deploy(...ONE, '--rollback');
    const before = rig.api.activations.length;

    const failure = await rig.deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(rig.api.activations).toHaveLength(before);
    expect(rig.lines.at(-1)).toBe('collector  STAGING: 0.9.0 is active, not 1.0.0: there is nothing to undo');
  });

  test('goes one version further back with the bundles of the version that it went back to', async () => {
    await rig.build('1.1.0');
    await rig.deploy(...ONE);
    await rig.deploy(...ONE, '--rollback');
    await rig.build('1.0.0');

    const failure = await rig.deploy(...ONE, '--rollback');

    expect(failure).toBeUndefined();
    expect(['STAGING', 'PRODUCTION'].map((network) => rig.api.active(COLLECTOR, network))).toEqual(['0.9.0', '0.9.0']);
  });

  test('that is run again while the first one goes on waits for it', async () => {
    rig.api.plans.push({ takes: 20 * MINUTE });
    const first = await rig.deploy(...ONE, '--rollback', '--network', 'production', '--wait', '1');
    const before = rig.api.activations.length;

    const second = await rig.deploy(...ONE, '--rollback', '--network', 'production');

    expect(first).toMatchObject({ code: 'EDGE_ACTIVATION_UNFINISHED' });
    expect(second).toBeUndefined();
    expect(rig.api.activations).toHaveLength(before);
    expect(rig.api.active(COLLECTOR, 'PRODUCTION')).toBe('0.9.0');
  });

  test('of a version that is on its way does not take it for gone', async () => {
    await rig.build('1.1.0');
    rig.api.plans.push({ takes: 20 * MINUTE });
    await rig.deploy(...ONE, '--network', 'staging', '--wait', '1');

    const failure = await rig.deploy(...ONE, '--rollback', '--network', 'staging');

    expect(failure).toMatchObject({
      code: 'EDGE_ACTIVATION_BUSY',
      message: expect.stringContaining('version 1.1.0 on STAGING, is PENDING, so that 1.0.0 was not activated'),
    });
  });

  test('activates once, though the answer is lost', async () => {
    const before = rig.api.activations.length;
    fault(/POST .*activations$/, { kind: 'cut', done: true });

    await rig.deploy(...ONE, '--rollback', '--network', 'production');

    expect(rig.api.activations).toHaveLength(before + 1);
  });

  test('from the first version there ever was is impossible, and says so', async () => {
    rig.api.activations.splice(0, 4);

    const failure = await rig.deploy(...ONE, '--rollback');

    expect(failure).toMatchObject({
      code: 'EDGE_ROLLBACK_IMPOSSIBLE',
      message: expect.stringContaining('EdgeWorker 12346 has had no version but 1.0.0 on PRODUCTION'),
    });
  });
});
