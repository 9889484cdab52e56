import type { App } from 'aws-cdk-lib/core';
import type { Config } from '../config/schema.ts';
import { EdgehouseStack, type FunctionBundles } from './edgehouse-stack.ts';
import type { Preset } from './preset.ts';

/**
 * One stack for each region of the config, called `edgehouse-<region>`. The others come after the first, from which they read
 * the issuer's address and the secrets' ARNs when they are deployed.
 *
 * @returns the stacks, the primary first
 */
export function addStacks(
  app: App,
  config: Config,
  preset: Preset,
  bundles: FunctionBundles,
): readonly EdgehouseStack[] {
  const stacks: EdgehouseStack[] = [];
  for (const region of config.regions) {
    const [primary] = stacks;
    const stack = new EdgehouseStack(app, `edgehouse-${region}`, {
      description: 'edgehouse: events from Akamai EdgeWorkers into ClickHouse',
      // No account: synth needs none, and the CLI deploys to the one whose credentials it has.
      env: { region },
      config,
      preset,
      bundles,
      ...(primary !== undefined && { primary }),
    });
    if (primary !== undefined) stack.addStackDependency(primary);
    stacks.push(stack);
  }
  return stacks;
}
