import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { config } from '#config';
import { BundleRefusedError } from './build-bundle.ts';
import { buildConfiguredBundle } from './build-configured-bundle.ts';
import { BUNDLE_HANDLERS, BUNDLE_SECTIONS, EdgeConfigMissingError } from './bundle-settings.ts';
import { MOST_MAIN_BYTES } from './platform-rules.ts';

// `npm run edge:build`: writes dist/edgeworker/<handler>.tgz for each EdgeWorker that the config names.

const ROOT = new URL('../', import.meta.url);
const OUT = new URL('dist/edgeworker/', ROOT);

async function buildAll(accessReference: string): Promise<void> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')));

  await mkdir(OUT, { recursive: true });
  for (const handler of BUNDLE_HANDLERS.filter((name) => config.edge[BUNDLE_SECTIONS[name]] !== undefined)) {
    const { tgz, mainJs } = await buildConfiguredBundle(config, handler, { version, accessReference });
    const file = new URL(`${handler}.tgz`, OUT);
    await writeFile(file, tgz);
    const sha256 = createHash('sha256').update(tgz).digest('hex');
    const size = `main.js ${Buffer.byteLength(mainJs)} of ${MOST_MAIN_BYTES} bytes`;
    console.log(`${fileURLToPath(file)}  ${size}  sha256 ${sha256}`);
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
  const isOurs = error instanceof BundleRefusedError || error instanceof EdgeConfigMissingError;
  console.error(`edgehouse: ${isOurs ? `${error.code}: ` : ''}${error.message}`);
  process.exitCode = 1;
}
