import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { config } from '#config';
import { buildBundle } from './build-bundle.ts';
import { BUNDLE_SECTIONS, type BundleHandler, bundleSettings, EdgeConfigMissingError } from './bundle-settings.ts';

// `npm run edge:build`: writes dist/edgeworker/<handler>.tgz for each EdgeWorker that the config names.

const ROOT = new URL('../', import.meta.url);
const OUT = new URL('dist/edgeworker/', ROOT);
const HANDLERS: readonly BundleHandler[] = ['collector', 'request-event'];
const DESCRIPTIONS: Readonly<Record<BundleHandler, string>> = {
  collector: 'edgehouse: takes batches of events at /collect',
  'request-event': 'edgehouse: sends one event for each request',
};

async function buildAll(accessReference: string): Promise<void> {
  const { apiHost } = config.edge;
  if (apiHost === undefined)
    throw new EdgeConfigMissingError('edge.apiHost', 'the Akamai hostname in front of the API');
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')));

  await mkdir(OUT, { recursive: true });
  for (const handler of HANDLERS.filter((name) => config.edge[BUNDLE_SECTIONS[name]] !== undefined)) {
    const settings = bundleSettings(config, handler, { version, accessReference, apiHost });
    const { tgz } = await buildBundle({ handler, settings, version, description: DESCRIPTIONS[handler] });
    const file = new URL(`${handler}.tgz`, OUT);
    await writeFile(file, tgz);
    const sha256 = createHash('sha256').update(tgz).digest('hex');
    console.log(`${fileURLToPath(file)}  ${tgz.byteLength} bytes  sha256 ${sha256}`);
  }
}

const accessReference = process.env['EDGEKV_ACCESS_REFERENCE'] ?? '';
if (accessReference === '') {
  console.error('EDGEKV_ACCESS_REFERENCE is not set: the bundles cannot read EdgeKV until they are built with it.');
}
try {
  await buildAll(accessReference);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
