import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleFunction, type FunctionBundle } from '../../cdk/bundle-function.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/deployed-functions.ts';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { ENVIRONMENT } from './support/function-environment.ts';

/** Most bytes of each bundle: a cold start reads and compiles all of it. About a tenth above what was measured. */
const BUDGET: Readonly<Record<FunctionName, number>> = {
  authorizer: 39_000,
  ingest: 650_000,
  replay: 680_000,
  issuer: 355_000,
  rotation: 435_000,
  'password-rotation': 450_000,
};

/** Whoever connects while a bundle is only being loaded fails the test. */
const IMPORT = `
  import { Socket } from 'node:net';
  Socket.prototype.connect = () => { throw new Error('It connects while it is loaded.'); };
  const { handler, ...others } = await import(process.argv[1]);
  console.log(JSON.stringify({ handler: typeof handler, others: Object.keys(others) }));
`;

const outDir = mkdtempSync(join(tmpdir(), 'edgehouse-bundles-'));
const config = parseConfig(userConfig);
const bundles = new Map<FunctionName, FunctionBundle>();

beforeAll(() => {
  for (const name of FUNCTION_NAMES) bundles.set(name, bundleFunction(name, config, outDir));
});
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

function bundleOf(name: FunctionName): FunctionBundle {
  const bundle = bundles.get(name);
  if (bundle === undefined) throw new TypeError(`${name} was not bundled`);
  return bundle;
}

/** Not the text: a difference would be printed whole. */
function digestOf({ directory }: FunctionBundle): string {
  return createHash('sha256')
    .update(readFileSync(join(directory, 'index.mjs')))
    .digest('hex');
}

/** Packages and files that went in, as paths from the root. */
function inputsOf(name: FunctionName): readonly string[] {
  return Object.keys(bundleOf(name).metafile.inputs);
}

function load(name: FunctionName, variables: readonly string[]): unknown {
  const module = pathToFileURL(join(bundleOf(name).directory, 'index.mjs')).href;
  const env = Object.fromEntries(variables.map((variable) => [variable, 'https://dummy.invalid']));
  const options = { env: { ...env, AWS_REGION: 'us-east-1' }, encoding: 'utf8', stdio: 'pipe' } as const;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', IMPORT, module], options));
}

describe.each(FUNCTION_NAMES)('the bundle of %s', (name) => {
  test('loads without a network and exports its handler, and nothing else', () => {
    expect(load(name, ENVIRONMENT[name])).toEqual({ handler: 'function', others: [] });
  });

  test.each(ENVIRONMENT[name])('does not load without %s', (variable) => {
    const rest = ENVIRONMENT[name].filter((other) => other !== variable);
    expect(() => load(name, rest)).toThrow(`The environment variable ${variable} is not set`);
  });

  test(`has at most ${BUDGET[name]} bytes`, () => {
    expect(bundleOf(name).bytes).toBeGreaterThan(10_000);
    expect(bundleOf(name).bytes).toBeLessThanOrEqual(BUDGET[name]);
  });

  test('is one file', () => {
    expect(readdirSync(bundleOf(name).directory)).toEqual(['index.mjs']);
  });

  test('holds the config as it was parsed, and nothing that parses it', () => {
    expect(
      inputsOf(name).filter((file) => /node_modules\/zod\/|edgehouse\.config\.ts$|config\/loaded/.test(file)),
    ).toEqual([]);
  });

  test('is the same again when nothing has changed', () => {
    const before = digestOf(bundleOf(name));
    expect(digestOf(bundleFunction(name, config, join(outDir, 'again')))).toBe(before);
  });
});

describe('bundles', () => {
  test('of functions that decide hold the policy of the config', () => {
    for (const name of ['authorizer', 'ingest', 'replay'] as const) {
      expect(readFileSync(join(bundleOf(name).directory, 'index.mjs'), 'utf8')).toContain(config.policyHash);
    }
  });

  test('of the authorizer hold nothing of the AWS SDK: it is in the way of every request', () => {
    expect(inputsOf('authorizer').filter((file) => /node_modules\/@(aws-sdk|smithy)\//.test(file))).toEqual([]);
    expect(inputsOf('ingest').filter((file) => /node_modules\/@aws-sdk\//.test(file))).not.toEqual([]);
  });
});
