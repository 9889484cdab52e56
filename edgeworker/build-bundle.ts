import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { BundleHandler } from './bundle-settings.ts';
import { checkBundle } from './check-bundle.ts';
import { eventHandlers } from './event-handlers.ts';
import { packTgz } from './pack-tgz.ts';
import { PLATFORM_MODULES } from './platform-rules.ts';
import type { EdgeSettings } from './src/settings.ts';

const SOURCES = fileURLToPath(new URL('./src/', import.meta.url));

export interface BundleInput {
  readonly handler: BundleHandler;
  readonly settings: EdgeSettings;
  /** Unique for its EdgeWorker id, also after a deletion: 1 to 32 of letters, digits, `_`, `.`, `~` and `-`. */
  readonly version: string;
  readonly description: string;
  /** Where Akamai delivers its log lines. @default nowhere: they are in debug headers only */
  readonly logging?: { readonly ds2id: number } | undefined;
}

export interface Bundle {
  readonly mainJs: string;
  readonly bundleJson: string;
  /** What is uploaded. */
  readonly tgz: Buffer;
}

export class BundleRefusedError extends Error {
  override readonly name = 'BundleRefusedError';
  readonly code = 'BUNDLE_REFUSED';
  constructor(handler: BundleHandler, problems: readonly string[]) {
    super(
      `Akamai would refuse the ${handler} bundle, or it would fail there. Next: change it.\n${problems.join('\n')}`,
    );
  }
}

/**
 * Builds one bundle; the same input gives the same bytes.
 *
 * @throws BundleRefusedError where it breaks a rule of Akamai's
 */
export async function buildBundle({ handler, settings, version, description, logging }: BundleInput): Promise<Bundle> {
  const handlers = eventHandlers(handler, settings);
  const named = Object.entries(handlers).map(([name, from]) => `${from} as ${name}`);
  // Sync: the other kind leaves a process of esbuild behind for as long as this one runs.
  const { outputFiles } = buildSync({
    stdin: { contents: `export { ${named.join(', ')} } from './${handler}.ts';`, resolveDir: SOURCES },
    bundle: true,
    write: false,
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    external: [...PLATFORM_MODULES],
    define: { EDGE_SETTINGS: JSON.stringify(settings) },
    // The machine's own settings must not change a bundle.
    tsconfigRaw: {},
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const mainJs = outputFiles.map(({ text }) => text).join('');
  const manifest = {
    'edgeworker-version': version,
    description,
    // Techdocs, "JavaScript logging": without a level only errors are delivered, and a lost event is a warning.
    ...(logging && { config: { logging: { ds2id: logging.ds2id, level: 'warn', schema: 'v1' } } }),
  };
  const bundleJson = `${JSON.stringify(manifest, null, 2)}\n`;
  const tgz = await packTgz([
    { name: 'main.js', text: mainJs },
    { name: 'bundle.json', text: bundleJson },
  ]);
  const problems = checkBundle(Object.keys(handlers), { mainJs, bundleJson, tgz });
  if (problems.length > 0) throw new BundleRefusedError(handler, problems);
  return { mainJs, bundleJson, tgz };
}
