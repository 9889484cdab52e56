import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEdgeBundles } from '../../../cli/edge-bundle.ts';
import { refuseStaleBundles } from '../../../cli/edge-bundle-stale.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { buildConfiguredBundle } from '../../../edgeworker/build-configured-bundle.ts';
import { packTgz } from '../../../edgeworker/pack-tgz.ts';

const VERSION = '1.2.0';

function configOf(edgeWorkerId: number, edge: object = {}, collector: object = {}) {
  return parseConfig({
    streams: { web: {} },
    principals: { edge: { claims: { sub: 'ew:7' }, allow: [{ write: ['web'], sources: ['ew/*'] }] } },
    edge: {
      edgeWorkerIds: [edgeWorkerId],
      apiHost: 'api.example.com',
      collector: { edgeWorkerId, stream: 'web', ...collector },
      ...edge,
    },
  });
}

describe('the bundles that are shipped', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-bundles-'));
    file = join(folder, 'collector.tgz');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** As `npm run edge:build` does it. */
  async function build(config = configOf(7), accessReference = 'reference') {
    const { tgz } = await buildConfiguredBundle(config, 'collector', { version: VERSION, accessReference });
    writeFileSync(file, tgz);
    return tgz;
  }

  const read = () => readEdgeBundles(configOf(7), folder, undefined);

  test('are those that the build has made for the EdgeWorkers of the config', async () => {
    const tgz = await build();

    const bundles = await read();
    await refuseStaleBundles(bundles, configOf(7));

    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(bundles).toEqual([
      { file, handler: 'collector', edgeWorkerId: 7, version: VERSION, accessReference: 'reference', tgz, sha256 },
    ]);
  });

  test.each([
    ['for another EdgeWorker', configOf(8)],
    ['with addresses as they are', configOf(7, {}, { clientIp: 'full' })],
    ['with another column', configOf(7, {}, { columns: { host: { request: 'host' } } })],
    ['for another host', configOf(7, { apiHost: 'other.example.com' })],
    ['with another place for its log', configOf(7, { logging: { ds2id: 71321 } })],
  ])('are refused where they were made %s than the config says now', async (_what, config) => {
    await build(config);

    const failure = await refuseStaleBundles(await read(), configOf(7)).catch((error: unknown) => error);

    expect(failure).toMatchObject({
      code: 'EDGE_BUNDLE_UNUSABLE',
      message: expect.stringContaining(`${file} is unusable: it is not what this config and these sources make now`),
    });
  });

  test('are refused where somebody has changed or added a file', async () => {
    await build();
    const [bundle] = await read();
    const changed = await packTgz([
      { name: 'main.js', text: 'var s={accessReference:"reference"};export function responseProvider(){}' },
      { name: 'bundle.json', text: `{"edgeworker-version":"${bundle?.version}"}` },
      { name: 'other.js', text: '' },
    ]);
    write(changed);

    await expect(refuseStaleBundles(await read(), configOf(7))).rejects.toThrow('not what this config');
  });

  test.each([
    [
      'without the access token of EdgeKV',
      () => build(configOf(7), ''),
      'without the reference of the EdgeKV access token',
    ],
    ['not at all', async () => undefined, 'it cannot be read'],
    ['of something else', async () => write(Buffer.from('canary')), 'it is no .tgz'],
    ['of no archive', async () => write(gzipSync('canary'.repeat(1000))), 'it is no .tgz'],
    [
      'of too much',
      async () => write(await packTgz([{ name: 'main.js', text: ' '.repeat(2_100_000) }])),
      'it is no .tgz',
    ],
    [
      'without a manifest',
      async () => write(await packTgz([{ name: 'main.js', text: '' }])),
      'it has no main.js, or no bundle.json',
    ],
    [
      'with a manifest that is none',
      async () =>
        write(
          await packTgz([
            { name: 'main.js', text: '' },
            { name: 'bundle.json', text: '{"edgeworker-version":"1/../2"}' },
          ]),
        ),
      'it has no main.js, or no bundle.json',
    ],
  ])('are refused where they were made %s', async (_what, make, said) => {
    await make();

    const failure = await read().catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'EDGE_BUNDLE_UNUSABLE', message: expect.stringContaining(said) });
  });

  test('are asked for in the config where it names no such EdgeWorker', async () => {
    await expect(readEdgeBundles(configOf(7), folder, 'request-event')).rejects.toThrow(
      'it has no edge.requestEvents.',
    );
  });

  function write(tgz: Uint8Array): void {
    writeFileSync(file, tgz);
  }
});
