import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The real CDK app, as if somebody had edited `edgehouse.config.ts`. */
export interface OtherConfig {
  /** For the CDK CLI. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

/** @param config what the file would export: anything, mistakes too */
export async function appWithConfig(config: unknown): Promise<OtherConfig> {
  const directory = await mkdtemp(join(tmpdir(), 'edgehouse-config-'));
  const [other, hook] = [join(directory, 'config.mjs'), join(directory, 'hook.mjs')];
  await writeFile(other, `export default ${JSON.stringify(config)};\n`);
  await writeFile(hook, hookSource(pathToFileURL(other).href));
  return {
    args: ['--app', `node --import ${pathToFileURL(hook).href} cdk/app.ts`],
    remove: () => rm(directory, { recursive: true }),
  };
}

function hookSource(url: string): string {
  return `import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith('/edgehouse.config.ts') ? { ...found, url: ${JSON.stringify(url)}, format: 'module' } : found;
  },
});
`;
}
