import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a group may take to end by itself before it is killed. */
const GRACE_MS = 5_000;
const LOOK_AGAIN_MS = 50;
/** Characters of output kept, the newest: enough for a deploy of some hundred resources. */
const MOST_OUTPUT = 500_000;

/** A program and every process that it starts, ended together: the group's id is the program's own process id. */
export interface ProcessGroup {
  readonly pid: number;
  /** Writes to its standard input, where `input` left that open. */
  write(text: string): void;
  /** What it and its children wrote to stdout so far; the newest 500 000 characters. */
  stdout(): string;
  /** The same of stderr. */
  stderr(): string;
  /** Resolves when the program itself has ended: its exit code, or `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends the program and whatever it left behind: asked first, killed 5 s later. */
  stop(): Promise<void>;
}

export interface ProcessGroupOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whether something is written to it. @default false: it reads nothing */
  readonly input?: boolean;
}

/** @throws what the system says when the program cannot be started at all, such as ENOENT */
export async function startProcessGroup(
  command: string,
  args: readonly string[],
  { env, cwd, input = false }: ProcessGroupOptions,
): Promise<ProcessGroup> {
  // detached = a process group of its own (setsid): one signal then reaches grandchildren whose parent has gone.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  // A program that ends leaves a pipe that takes nothing: its exit code says more.
  child.stdin?.on('error', () => undefined);
  const [stdout, stderr] = [keepOutput(child, 'stdout'), keepOutput(child, 'stderr')];
  await once(child, 'spawn');
  const ended = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  const pid = child.pid;
  if (pid === undefined) throw new TypeError(`A process that was spawned must have an id: ${command}`);
  // A group of its own does not get the terminal's Ctrl-C, so whoever leaves early still takes it along.
  const leave = (): void => signalGroup(pid, 'SIGKILL');
  process.once('exit', leave);
  return {
    pid,
    write: (text) => void child.stdin?.write(text),
    stdout,
    stderr,
    ended,
    async stop() {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        signalGroup(pid, signal);
        const deadline = performance.now() + GRACE_MS;
        // What is killed may stay a zombie where nobody reaps orphans: that must not hold up a test for ever.
        while (isAlive(pid) && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
      }
      process.off('exit', leave);
    },
  };
}

/** What a program did that ended by itself. */
export interface EndedProcess {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, and ends what it left behind. @throws as {@link startProcessGroup} */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: ProcessGroupOptions,
): Promise<EndedProcess> {
  const group = await startProcessGroup(command, args, options);
  const exitCode = await group.ended;
  await group.stop();
  return { exitCode, stdout: group.stdout(), stderr: group.stderr() };
}

function keepOutput(child: ChildProcess, from: 'stdout' | 'stderr'): () => string {
  let kept = '';
  child[from]?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-MOST_OUTPUT);
  });
  return () => kept;
}

function isAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  // Not `instanceof Error`: under jest an error of the system is of another realm.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
}
