import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awsEnvironment, type Emulator } from './emulator.ts';
import { requireLoopback } from './loopback.ts';
import { startProcessGroup } from './process-group.ts';

/** What one run of a program did. */
export interface ProgramRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall clock. */
  readonly seconds: number;
}

export interface RunOptions {
  /** The working folder; the CDK CLI looks for `cdk.json` there. @default the repository */
  readonly cwd?: string;
  /** Milliseconds until the run and the app it started are ended. @default 300 000 */
  readonly timeoutMs?: number;
}

/** A program took too long and was ended. */
export class ProgramTimeoutError extends Error {
  override readonly name = 'ProgramTimeoutError';
  readonly code = 'PROGRAM_TIMEOUT';

  constructor(args: readonly string[], timeoutMs: number, output: string) {
    super(
      `${args.slice(0, 2).join(' ')} was still running after ${timeoutMs / 1000} s. Expected it to end: a custom resource whose ` +
        `function cannot start makes the emulator wait for an hour. Next: read what it said last: ${output.slice(-800)}`,
    );
  }
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const CLI = join(ROOT, 'cli/edgehouse.ts');
const TIMEOUT_MS = 300_000;

/** Runs the pinned CDK CLI against the emulator: see `runNode`. @param args such as `['deploy', '--all']` */
export function runCdk(args: readonly string[], emulator: Emulator, options: RunOptions = {}): Promise<ProgramRun> {
  return runNode([CDK, ...args, '--no-notices', '--no-color', '--ci'], emulator, options);
}

/** Runs our own CLI against the emulator, as an operator does against AWS: see `runNode`. */
export function runEdgehouse(args: readonly string[], emulator: Emulator): Promise<ProgramRun> {
  return runNode([CLI, ...args], emulator);
}

/**
 * Runs a program in an environment that knows no other AWS than the emulator: no profile, no credentials but the
 * emulator's test keys, no variable of this process.
 *
 * @param args the script and its arguments
 * @returns also a run that failed: see `exitCode`
 * @throws NotLoopbackError when the endpoint could be real AWS; ProgramTimeoutError when it had to be ended
 */
async function runNode(args: readonly string[], emulator: Emulator, options: RunOptions = {}): Promise<ProgramRun> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  requireLoopback(emulator.endpoint);
  const home = await mkdtemp(join(tmpdir(), 'edgehouse-cdk-'));
  const env = programEnvironment(emulator, home);
  const started = performance.now();
  const run = await startProcessGroup(process.execPath, args, { cwd: options.cwd ?? ROOT, env });
  try {
    const late = Symbol('late');
    const timer = Promise.withResolvers<typeof late>();
    const timeout = setTimeout(() => timer.resolve(late), timeoutMs);
    const exitCode = await Promise.race([run.ended, timer.promise]);
    clearTimeout(timeout);
    const [stdout, stderr] = [run.stdout(), run.stderr()];
    if (exitCode === late) throw new ProgramTimeoutError(args, timeoutMs, stdout + stderr);
    return { exitCode, stdout, stderr, seconds: (performance.now() - started) / 1000 };
  } finally {
    await run.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Of a program that knows no other AWS than the emulator. @param home a folder that is its own */
export function programEnvironment(emulator: Emulator, home: string): Readonly<Record<string, string>> {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    TMPDIR: home,
    ...awsEnvironment(emulator),
    NODE_EXTRA_CA_CERTS: emulator.certificateFile,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    // Else the CLI asks npm for a newer version of itself.
    CDK_DISABLE_VERSION_CHECK: 'true',
  };
}
