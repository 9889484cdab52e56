import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMULATOR_ACCOUNT, EMULATOR_REGION } from './emulator.ts';
import { type Ministack, startMinistack } from './ministack.ts';
import { type ProgramRun, runCdk } from './run-program.ts';
import { readOutputs, type StackOutputs } from './stack-outputs.ts';

/** `addStacks` names it for the shipped config's one region. */
export const STACK = `edgehouse-${EMULATOR_REGION}`;

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
  /** `cdk bootstrap` for the one region. @throws CdkFailedError */
  bootstrap(): Promise<ProgramRun>;
  /** `cdk deploy` with the emulator's preset. @param args more of them, such as another app @throws CdkFailedError */
  deploy(args?: readonly string[]): Promise<ProgramRun>;
  /** `cdk destroy` without asking. @throws CdkFailedError */
  destroy(): Promise<ProgramRun>;
  /** `cdk synth` for AWS, without the preset. @returns the folder of its templates @throws CdkFailedError */
  synthForAws(): Promise<string>;
  /** The folder of the templates that were deployed last. */
  readonly deployedTemplates: string;
  /** Of the last deploy that changed something. */
  outputs(): Promise<StackOutputs>;
  /** Ends the emulator and everything in it, and removes all folders. */
  stop(): Promise<void>;
}

export async function startDeployment(): Promise<Deployment> {
  const emulator = await startMinistack();
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-deployment-'));
  const deployed = join(folder, 'deployed');
  const outputsFile = join(folder, 'outputs.json');
  const run = async (args: readonly string[]): Promise<ProgramRun> => {
    const ran = await runCdk(args, emulator);
    if (ran.exitCode !== 0) throw new CdkFailedError(args, ran);
    return ran;
  };
  const preset = ['-c', 'preset=emulator', '--output', deployed];
  return {
    emulator,
    deployedTemplates: deployed,
    bootstrap: () => run(['bootstrap', `aws://${EMULATOR_ACCOUNT}/${EMULATOR_REGION}`, '--output', deployed]),
    deploy: (args = []) =>
      run(['deploy', '--all', ...preset, '--require-approval', 'never', '--outputs-file', outputsFile, ...args]),
    destroy: () => run(['destroy', '--all', ...preset, '--force']),
    async synthForAws() {
      const forAws = join(folder, 'aws');
      await run(['synth', '--quiet', '--output', forAws]);
      return forAws;
    },
    outputs: () => readOutputs(outputsFile, STACK),
    async stop() {
      await emulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
