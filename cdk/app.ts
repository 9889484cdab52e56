import { resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/schema.ts';
import type { FunctionName } from './deployed-functions.ts';
import { PresetUnknownError, readPreset } from './preset.ts';

// What `cdk synth` and `cdk deploy` run (cdk.json).
try {
  // Before the library, which takes a second to load: a mistake in the config is told at once.
  const { config } = await import('#config');
  await synthesize(config);
} catch (error) {
  // What the user can correct is said without a stack trace.
  if (!(error instanceof ConfigError || error instanceof PresetUnknownError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function synthesize(config: Config): Promise<void> {
  const { App } = await import('aws-cdk-lib/core');
  const { addStacks } = await import('./add-stacks.ts');
  const { bundleFunction } = await import('./bundle-function.ts');
  const app = new App({ autoSynth: false });
  const preset = readPreset(app.node.tryGetContext('preset'));
  const bundle = (name: FunctionName) => bundleFunction(name, config, resolve(app.outdir, 'functions')).directory;
  addStacks(app, config, preset, {
    authorizer: bundle('authorizer'),
    ingest: bundle('ingest'),
    issuer: bundle('issuer'),
    replay: bundle('replay'),
    rotation: bundle('rotation'),
    'password-rotation': bundle('password-rotation'),
  });
  app.synth();
}
