import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import type { Config } from '../config/schema.ts';
import { FUNCTION_ENTRIES, type FunctionName } from './deployed-functions.ts';

export interface FunctionBundle {
  /** Holds `index.mjs` and nothing else: the asset of the function. */
  readonly directory: string;
  /** Of `index.mjs`. */
  readonly bytes: number;
  /** What went into it, file by file. */
  readonly metafile: Metafile;
}

/**
 * CommonJS packages (@clickhouse/client) ask for Node's modules with `require`, which an ES module does not have: esbuild then
 * leaves a function that throws "Dynamic require of … is not supported" when the module is loaded (esbuild issue 1921).
 */
const REQUIRE =
  "import{createRequire as createRequireHere}from'node:module';const require=createRequireHere(import.meta.url);";

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const LAMBDA_CREDENTIALS = join(ROOT, 'functions/shared/lambda-credentials.ts');

/**
 * Bundles one function with all it needs: the AWS SDK too, because what was tested is then what runs, and the parsed config as
 * JSON in the place of `#config`, so that nothing parses it again in Lambda. ES modules from ES modules, which made the ingest
 * bundle a quarter smaller.
 *
 * @param outDir gets a folder for each function, and the config beside them
 * @throws esbuild's own error, which it has printed by then
 */
export function bundleFunction(name: FunctionName, config: Config, outDir: string): FunctionBundle {
  const directory = join(outDir, name);
  const file = join(directory, 'index.mjs');
  const configFile = join(outDir, `${name}.config.json`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(configFile, JSON.stringify({ config }));
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [FUNCTION_ENTRIES[name]],
    outfile: file,
    alias: { '#config': configFile, '@aws-sdk/credential-provider-node': LAMBDA_CREDENTIALS },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const code = `${requires(metafile) ? REQUIRE : ''}${outputFiles.map(({ text }) => text).join('')}`;
  writeFileSync(file, code);
  return { directory, bytes: Buffer.byteLength(code), metafile };
}

function requires({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) => imports.some(({ kind }) => kind === 'require-call'));
}
