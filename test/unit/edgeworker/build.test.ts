import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const BUILD = fileURLToPath(new URL('../../../edgeworker/build.ts', import.meta.url));

test.each([
  [
    'of which the config says too little',
    { collector: {} },
    /^edgehouse: EDGE_CONFIG_MISSING: The config has no edge\.apiHost/m,
  ],
  [
    'that Akamai would refuse',
    { apiHost: 'api.example.com', collector: { columns: { host: { constant: 'x'.repeat(24_000) } } } },
    /^edgehouse: BUNDLE_REFUSED: Akamai would refuse the collector bundle/m,
  ],
])('the build of an EdgeWorker %s fails and says its code', (_which, edge, said) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', configured({ edge }), BUILD], {
    encoding: 'utf8',
    env: { EDGEKV_ACCESS_REFERENCE: 'reference' },
  });

  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(said);
});

/** A module that has `#config` be this, as the entry takes no other. */
function configured(config: object): string {
  const url = moduleOf(`export const config = ${JSON.stringify(config)};`);
  const hook = `(name, context, next) => name === '#config' ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(name, context)`;
  return moduleOf(`import { registerHooks } from 'node:module'; registerHooks({ resolve: ${hook} });`);
}

function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
