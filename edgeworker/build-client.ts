import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleClient } from './bundle-client.ts';

// `npm run edge:client`: writes the browsers' client to dist/edgeworker/client.

const OUT = new URL('../dist/edgeworker/client/', import.meta.url);

const { script, module, types } = bundleClient();
await mkdir(OUT, { recursive: true });
for (const [name, text] of Object.entries({
  'edgehouse.js': script,
  'edgehouse.mjs': module,
  'edgehouse.d.mts': types,
})) {
  const file = new URL(name, OUT);
  await writeFile(file, text);
  console.log(`${fileURLToPath(file)}  ${Buffer.byteLength(text)} bytes, ${gzipSync(text).byteLength} as gzip`);
}
