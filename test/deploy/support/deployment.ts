import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import shipped from '../../../edgehouse.config.ts';
import { EMULATOR_ACCOUNT, EMULATOR_REGION } from './emulator.ts';
import { type Ministack, startMinistack } from './ministack.ts';
import { appWithConfig } from './other-config.ts';
import { type ProgramRun, runCdk } from './run-program.ts';
import { type RegionOutputs, readOutputs, readRegionOutputs, type StackOutputs } from './stack-outputs.ts';

/** What `addStacks` calls the stack of a region. */
export const stackIn = (region: string) => `edgehouse-${region}`;
/** The one of the shipped config's one region. */
export const STACK = stackIn(EMULATOR_REGION);

/** A run of the CDK CLI that should have succeeded did not. */
export class CdkFailedError extends Error {
  override readonly name = 'CdkFailedError';
  readonly code = 'CDK_FAILED';

  constructor(args: readonly string[], { exitCode, stdout, stderr }: ProgramRun) {
    super(
      `cdk ${args[0] ?? ''} ended with ${exitCode}. Expected 0. Next: read what it said: ${(stdout + stderr).slice(-3000)}`,
    );
  }
}

/** An emulator of its own, and the CDK CLI that deploys to it. */
export interface Deployment {
  readonly emulator: Ministack;
  /** `cdk bootstrap` for each region. @throws CdkFailedError */
  bootstrap(): Promise<ProgramRun>;
  /** `cdk deploy` with the emulator's preset. @throws CdkFailedError */
  deploy(): Promise<ProgramRun>;
  /** Deploys what somebody would deploy who had edited the config. @param config anything, mistakes too @throws CdkFailedError */
  deployWith(config: unknown): Promise<ProgramRun>;
  /** `cdk destroy` without asking. @throws CdkFailedError */
  destroy(): Promise<ProgramRun>;
  /** `cdk synth` for AWS, without the preset. @returns the folder of its templates @throws CdkFailedError */
  synthForAws(): Promise<string>;
  /** The folder of the templates that were deployed last. */
  readonly deployedTemplates: string;
  /** Of the first region's stack, as the last deploy that changed something said. */
  outputs(): Promise<StackOutputs>;
  /** The same of any region's. */
  outputsIn(region: string): Promise<RegionOutputs>;
  /** Ends the emulator and everything in it, and removes all folders. */
  stop(): Promise<void>;
}

/** @param regions in the place of the shipped config's one, which stays the first */
export async function startDeployment(regions?: readonly [typeof EMULATOR_REGION, ...string[]]): Promise<Deployment> {
  const emulator = await startMinistack();
  const app = regions && (await appWithConfig({ ...shipped, regions }));
  const appArgs = app?.args ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-deployment-'));
  const deployed = join(folder, 'deployed');
  const outputsFile = join(folder, 'outputs.json');
  const run = async (args: readonly string[]): Promise<ProgramRun> => {
    const ran = await runCdk(args, emulator);
    if (ran.exitCode !== 0) throw new CdkFailedError(args, ran);
    return ran;
  };
  const preset = ['-c', 'preset=emulator', '--output', deployed];
  const deploy = (args: readonly string[]) =>
    run(['deploy', '--all', ...preset, '--require-approval', 'never', '--outputs-file', outputsFile, ...args]);
  const places = (regions ?? [EMULATOR_REGION]).map((region) => `aws://${EMULATOR_ACCOUNT}/${region}`);
  return {
    emulator,
    deployedTemplates: deployed,
    bootstrap: () => run(['bootstrap', ...places, '--output', deployed]),
    deploy: () => deploy(appArgs),
    async deployWith(config) {
      const edited = await appWithConfig(config);
      return deploy(edited.args).finally(edited.remove);
    },
    destroy: () => run(['destroy', '--all', ...preset, '--force', ...appArgs]),
    async synthForAws() {
      const forAws = join(folder, 'aws');
      await run(['synth', '--quiet', '--output', forAws, ...appArgs]);
      return forAws;
    },
    outputs: () => readOutputs(outputsFile, STACK),
    outputsIn: (region) => readRegionOutputs(outputsFile, stackIn(region)),
    async stop() {
      await emulator.stop();
      await app?.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
