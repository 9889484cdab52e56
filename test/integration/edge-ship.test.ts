import { randomBytes } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openEdgeWorkersApi } from '../../cli/edge-workers-api.ts';
import { openEdgerc } from '../../cli/edgerc.ts';
import { packTgz } from '../../edgeworker/pack-tgz.ts';
import { COLLECTOR, EVENTS, ONE, startShipRig } from './support/ship-rig.ts';
import { useShipRig } from './support/use-ship-rig.ts';

const rig = useShipRig();

describe('a deployment', () => {
  test('validates and uploads every bundle, then activates all on staging before any on production', async () => {
    const failure = await rig().deploy();

    expect(failure).toBeUndefined();
    expect(rig().posted()).toEqual([
      'POST /validations',
      'POST /validations',
      `POST /ids/${COLLECTOR}/versions`,
      `POST /ids/${EVENTS}/versions`,
      `POST /ids/${COLLECTOR}/activations`,
      `POST /ids/${EVENTS}/activations`,
      `POST /ids/${COLLECTOR}/activations`,
      `POST /ids/${EVENTS}/activations`,
    ]);
    expect(rig().activated()).toEqual([
      `${COLLECTOR} 1.0.0 STAGING: edgehouse deploy`,
      `${EVENTS} 1.0.0 STAGING: edgehouse deploy`,
      `${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`,
      `${EVENTS} 1.0.0 PRODUCTION: edgehouse deploy`,
    ]);
    expect(rig().lines).toEqual(
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
    await rig().deploy(...ONE, '--network', 'production');

    expect(rig().activated()).toEqual([`${COLLECTOR} 1.0.0 PRODUCTION: edgehouse deploy`]);
  });

  test('uploads a bundle whole of which only the beginning is signed', async () => {
    const tgz = await packTgz([
      { name: 'main.js', text: `// ${randomBytes(160_000).toString('base64')}` },
      { name: 'bundle.json', text: '{"edgeworker-version":"1.0.0"}' },
    ]);
    const access = await openEdgerc({ kind: 'file', path: join(rig().folder, '.edgerc'), section: 'default' });
    const io = { fetch, now: rig().now, random: () => 0, wait: async () => {} };

    await openEdgeWorkersApi(access, io).upload(COLLECTOR, tgz);

    expect(tgz.byteLength).toBeGreaterThan(131_072);
    expect(rig().api.versions.get(`${COLLECTOR}/1.0.0`)?.equals(tgz)).toBe(true);
  });

  test('of a bundle that the config or the sources no longer make asks Akamai nothing, but does not stand in the way back', async () => {
    const stale = await startShipRig({ collector: { edgeWorkerId: COLLECTOR, stream: 'web', clientIp: 'full' } });
    await stale.build('1.0.0');
    await copyFile(join(stale.folder, 'collector.tgz'), join(rig().folder, 'collector.tgz'));
    await stale.stop();

    const failure = await rig().deploy(...ONE);
    const asked = rig().api.asked.length;
    const back = await rig().deploy(...ONE, '--rollback');

    expect(failure).toMatchObject({
      code: 'EDGE_BUNDLE_UNUSABLE',
      message: expect.stringContaining('not what this config and these sources make now'),
    });
    expect(asked).toBe(0);
    expect(back).toBeUndefined();
  });

  test('that was done is not done again', async () => {
    await rig().deploy();
    const before = rig().posted().length;

    const failure = await rig().deploy();

    expect(failure).toBeUndefined();
    expect(rig().posted().slice(before)).toEqual(['POST /validations', 'POST /validations']);
    expect(rig().lines.slice(-5)).toEqual([
      'request-event  version 1.0.0 was uploaded before',
      'collector  STAGING: 1.0.0 is active already',
      'request-event  STAGING: 1.0.0 is active already',
      'collector  PRODUCTION: 1.0.0 is active already',
      'request-event  PRODUCTION: 1.0.0 is active already',
    ]);
  });

  test('of a version that is another bundle there ends before anything is activated', async () => {
    await rig().deploy(...ONE);
    await rig().build('1.0.0', 'another-reference');
    const before = rig().api.activations.length;

    const failure = await rig().deploy(...ONE);

    expect(failure).toMatchObject({
      code: 'EDGE_VERSION_TAKEN',
      message: expect.stringMatching(
        /version 1\.0\.0 with the checksum [0-9a-f]{64}.*raise the version in package\.json/,
      ),
    });
    expect(rig().api.activations).toHaveLength(before);
  });

  test('knows its bundle also by the other checksum of the API’s document', async () => {
    rig().api.checksum = 'sha1';
    await rig().deploy(...ONE, '--network', 'staging');

    expect(await rig().deploy(...ONE, '--network', 'staging')).toBeUndefined();
    await rig().build('1.0.0', 'another-reference');
    expect(await rig().deploy(...ONE, '--network', 'staging')).toMatchObject({ code: 'EDGE_VERSION_TAKEN' });
  });

  test('takes a list of nothing in whichever way it is written', async () => {
    rig().fault(/GET .*activations$/, { kind: 'refused', status: 200, body: '{"activations":null}' }, 2);
    rig().fault(/validations$/, { kind: 'refused', status: 200, body: '{"errors":null}' });

    const failure = await rig().deploy(...ONE, '--network', 'staging');

    expect(failure).toBeUndefined();
  });

  test('of bundles that Akamai finds faults in uploads none, and says all of them', async () => {
    rig().api.findings.push({ type: 'STATIC_VALIDATION_FAILED', message: 'main.js::9:16 \u001b[2J' });
    rig().api.warnings.push({ type: 'ACCESS_TOKEN_EXPIRING_SOON', message: 'soon' });

    const failure = await rig().deploy();

    const fault = String.raw`: STATIC_VALIDATION_FAILED: main.js::9:16 \u{1b}[2J`;
    expect(failure).toMatchObject({
      code: 'EDGE_BUNDLE_REFUSED',
      message: expect.stringContaining(`\ncollector${fault}\nrequest-event${fault}`),
    });
    expect(rig().lines).toContain('collector  warning ACCESS_TOKEN_EXPIRING_SOON: soon');
    expect(rig().api.versions.size).toBe(0);
  });
});
