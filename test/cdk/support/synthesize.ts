import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { z } from 'zod';
import { addStacks } from '../../../cdk/add-stacks.ts';
import type { EdgehouseStack } from '../../../cdk/edgehouse-stack.ts';
import type { Preset } from '../../../cdk/preset.ts';
import { config as shipped } from '../../../config/loaded.ts';
import type { Config } from '../../../config/schema.ts';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).default([]),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Metadata: z.looseObject({ 'aws:cdk:path': z.string() }),
});
const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});

export interface Resource {
  readonly id: string;
  /** Of its construct, without the stack's own name. */
  readonly path: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
}

export interface Synthesized {
  readonly name: string;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  ofType(type: string): readonly Resource[];
  /** The resource of the construct at that path. */
  at(path: string): Resource;
}

export interface SynthesizeOptions {
  /** @default the shipped one */
  readonly config?: Config;
  /** @default 'aws' */
  readonly preset?: Preset;
  /** Whether CloudFormation's own rules are run too, for a second more. @default false */
  readonly validate?: boolean;
  /** Runs before synthesis. */
  readonly prepare?: (app: App, stacks: readonly EdgehouseStack[]) => void;
}

/** Synthesizes with the flags of cdk.json, and empty functions in the place of the bundles. */
export function synthesize({
  config = shipped,
  preset = 'aws',
  validate = false,
  prepare,
}: SynthesizeOptions = {}): readonly [Synthesized, ...Synthesized[]] {
  const directory = mkdtempSync(join(tmpdir(), 'edgehouse-cdk-'));
  try {
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'index.mjs'), 'export const handler = async () => ({});\n');
    const app = new App({
      context: {
        ...cdkContext(),
        'aws:cdk:enable-path-metadata': true,
        // What a config leaves open is not for the output of tests.
        '@aws-cdk/core:annotationsInValidationReport': validate,
      },
      analyticsReporting: false,
      builtinCloudFormationValidation: validate,
      outdir: join(directory, 'out'),
    });
    const stacks = addStacks(app, config, preset, {
      authorizer: empty,
      ingest: empty,
      issuer: empty,
      replay: empty,
      rotation: empty,
      'password-rotation': empty,
    });
    prepare?.(app, stacks);
    const assembly = app.synth();
    const [first, ...rest] = stacks.map(({ stackName }) =>
      read(stackName, assembly.getStackByName(stackName).template),
    );
    if (first === undefined) throw new Error('No stack was synthesized.');
    return [first, ...rest];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The shipped config in other regions. */
export function inRegions(...regions: readonly string[]): Config {
  return { ...shipped, regions };
}

function cdkContext(): Record<string, unknown> {
  const text = readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8');
  return z.object({ context: z.record(z.string(), z.unknown()) }).parse(JSON.parse(text)).context;
}

function read(name: string, template: unknown): Synthesized {
  const { Resources, Outputs } = templateSchema.parse(template);
  const resources = Object.entries(Resources).map(([id, resource]) => ({
    id,
    path: resource.Metadata['aws:cdk:path'].replace(`${name}/`, '').replace(/\/Resource$/, ''),
    type: resource.Type,
    properties: resource.Properties,
    dependsOn: resource.DependsOn,
    deletionPolicy: resource.DeletionPolicy,
    updateReplacePolicy: resource.UpdateReplacePolicy,
  }));
  return {
    name,
    resources,
    outputs: Object.fromEntries(Object.entries(Outputs).map(([id, { Value }]) => [id, Value])),
    ofType: (type) => resources.filter((resource) => resource.type === type),
    at(path) {
      const found = resources.find((resource) => resource.path === path);
      if (found === undefined) throw new Error(`${name} has no resource at ${path}.`);
      return found;
    },
  };
}
