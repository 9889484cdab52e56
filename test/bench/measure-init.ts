import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { bundleFunction } from '../../cdk/bundle-function.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/deployed-functions.ts';
import type { Config } from '../../config/schema.ts';
import { ENVIRONMENT } from '../cdk/support/function-environment.ts';
import { type CompareOptions, compare, contender } from './compare.ts';
import { comparedFigure, type Figure, plainFigure } from './figure.ts';

export const INIT_FIGURES = ['authorizer init ms, whole process', 'ingest init ms, whole process'] as const;
export const BUNDLE_FIGURES = FUNCTION_NAMES.map(bundleFigure);

/**
 * Whole processes that load and compose a deployed bundle and end, in milliseconds. The authorizer is compared with one that loads
 * `bare-jose-verify.ts`, bundled alike; ingest with one that loads nothing, so that what exceeds it is ours.
 */
export async function measureInit(config: Config, options: CompareOptions): Promise<readonly Figure[]> {
  return withFolder(async (folder) => {
    const [bare, nothing] = [join(folder, 'bare.mjs'), join(folder, 'nothing.mjs')];
    buildSync({
      entryPoints: [join(import.meta.dirname, 'baseline/bare-jose-verify.ts')],
      outfile: bare,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
    });
    await writeFile(nothing, '');
    const starting = (module: string, variables: readonly string[] = []) =>
      contender(() => () => runProcess(module, variables));
    const deployed = (name: 'authorizer' | 'ingest') =>
      starting(join(bundleFunction(name, config, folder).directory, 'index.mjs'), ENVIRONMENT[name]);
    const [authorizer, ingest] = [deployed('authorizer'), deployed('ingest')];
    const [bareVerify, bareNode] = [starting(bare), starting(nothing)];
    await compare([authorizer, bareVerify, ingest, bareNode], options);
    return [
      comparedFigure(INIT_FIGURES[0], 'ms', authorizer.ms, bareVerify.ms),
      comparedFigure(INIT_FIGURES[1], 'ms', ingest.ms, bareNode.ms),
    ];
  });
}

/** What a cold start reads. */
export async function measureBundles(config: Config): Promise<readonly Figure[]> {
  return withFolder(async (folder) =>
    FUNCTION_NAMES.map((name) => plainFigure(bundleFigure(name), 'bytes', bundleFunction(name, config, folder).bytes)),
  );
}

function bundleFigure(name: FunctionName): string {
  return `bundle bytes, ${name}`;
}

async function runProcess(module: string, variables: readonly string[]): Promise<void> {
  const code = `await import(${JSON.stringify(pathToFileURL(module).href)})`;
  const env = Object.fromEntries(variables.map((variable) => [variable, 'https://dummy.invalid']));
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...env, AWS_REGION: 'us-east-1' },
  });
}

async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-bench-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
