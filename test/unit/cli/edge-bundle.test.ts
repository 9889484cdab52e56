import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEdgeBundles } from '../../../cli/edge-bundle.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { bundleSettings } from '../../../edgeworker/bundle-settings.ts';
import { packTgz } from '../../../edgeworker/pack-tgz.ts';

const VERSION = '1.2.0';

function configOf(edgeWorkerId: number) {
  return parseConfig({
    streams: { web: {} },
    principals: { edge: { claims: { sub: 'ew:7' }, allow: [{ write: ['web'], sources: ['ew/*'] }] } },
    edge: {
      edgeWorkerIds: [edgeWorkerId],
      apiHost: 'api.example.com',
      collector: { edgeWorkerId, stream: 'web' },
    },
  });
}

describe('the bundles that are shipped', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-bundles-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** As `npm run edge:build` does it. */
  async function build(edgeWorkerId: number, accessReference = 'reference') {
    const identity = { version: VERSION, accessReference, apiHost: 'api.example.com' };
    const settings = bundleSettings(configOf(edgeWorkerId), 'collector', identity);
    const { tgz } = await buildBundle({ handler: 'collector', settings, version: VERSION, description: 'a test' });
    writeFileSync(join(folder, 'collector.tgz'), tgz);
    return tgz;
  }

  const read = () => readEdgeBundles(configOf(7), folder, undefined);

  test('are those that the build has made for the EdgeWorkers of the config', async () => {
    const tgz = await build(7);

    const bundles = await read();

    expect(bundles).toEqual([
      { handler: 'collector', edgeWorkerId: 7, version: VERSION, tgz, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  test.each([
    ['for another EdgeWorker', () => build(8), `it was not built to send as ew/7/${VERSION}`],
    ['without the access token of EdgeKV', () => build(7, ''), 'without the reference of the EdgeKV access token'],
    ['not at all', async () => undefined, 'it cannot be read'],
    ['of something else', async () => write(Buffer.from('canary')), 'it is no .tgz'],
    ['of no archive', async () => write(gzipSync('canary'.repeat(1000))), 'it is no .tgz'],
    [
      'of too much',
      async () =>
        write(
          await packTgz([
            { name: 'main.js', text: `"ew/7/${VERSION}"${' '.repeat(1_100_000)}` },
            { name: 'bundle.json', text: `{"edgeworker-version":"${VERSION}"}` },
          ]),
        ),
      'it is no .tgz of at most 1 MiB',
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
    writeFileSync(join(folder, 'collector.tgz'), tgz);
  }
});
