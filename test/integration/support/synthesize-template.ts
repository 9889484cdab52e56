import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { addStacks } from '../../../cdk/add-stacks.ts';
import type { Config } from '../../../config/schema.ts';

/** The template of a config, with empty functions in the place of the bundles. */
export async function synthesizeTemplate(config: Config): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'edgehouse-template-'));
  try {
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'index.mjs'), 'export const handler = async () => ({});\n');
    const { context } = JSON.parse(readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8'));
    const app = new App({
      context: { ...context, 'aws:cdk:enable-path-metadata': true },
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
      outdir: join(directory, 'out'),
    });
    const [stack] = addStacks(app, config, 'aws', {
      authorizer: empty,
      ingest: empty,
      issuer: empty,
      replay: empty,
      rotation: empty,
      'password-rotation': empty,
    });
    return app.synth().getStackByName(stack?.stackName ?? '').template;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
