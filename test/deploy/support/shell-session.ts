import { setTimeout as pause } from 'node:timers/promises';
import { type ProcessGroupOptions, startProcessGroup } from './process-group.ts';

/** A shell that stays open, as that of somebody who follows a guide: what one block exports or defines, the next one has. */
export interface ShellSession {
  /** Runs commands, each only if those before it succeeded. @returns what they wrote @throws ShellFailedError */
  run(commands: string): Promise<string>;
  /** Ends it with all that it started. */
  stop(): Promise<void>;
}

/** A command failed, or did not end in time; the shell is gone, or about to be. */
export class ShellFailedError extends Error {
  override readonly name = 'ShellFailedError';
  readonly code = 'SHELL_FAILED';

  constructor(seen: string, commands: string, output: string) {
    super(
      `${seen}. Expected all of these to succeed:\n${commands}\nNext: read what they wrote:\n${output.slice(-3000)}`,
    );
  }
}

const LOOK_AGAIN_MS = 50;
/** A deploy to the emulator takes 15 s. */
const TIMEOUT_MS = 240_000;

/** Starts a bash that stops at the first command that fails. */
export async function startShell(options: Omit<ProcessGroupOptions, 'input'>): Promise<ShellSession> {
  const shell = await startProcessGroup('bash', ['--noprofile', '--norc'], { ...options, input: true });
  const state = { ended: false };
  void shell.ended.then(() => {
    state.ended = true;
  });
  const wrote = () => shell.stdout() + shell.stderr();
  shell.write('set -euo pipefail\n');
  let blocks = 0;
  return {
    async run(commands) {
      blocks += 1;
      const mark = `-- end of block ${blocks} --\n`;
      const before = [shell.stdout().length, shell.stderr().length] as const;
      // In braces, so that bash has read all of it before a command of it could read on from the same input.
      shell.write(`{ ${commands}\n} </dev/null\nprintf '%s' '${mark}'\n`);
      const deadline = performance.now() + TIMEOUT_MS;
      while (!shell.stdout().endsWith(mark)) {
        if (state.ended) throw new ShellFailedError('A command failed', commands, wrote());
        if (performance.now() > deadline) throw new ShellFailedError('A command did not end', commands, wrote());
        await pause(LOOK_AGAIN_MS);
      }
      return shell.stdout().slice(before[0], -mark.length) + shell.stderr().slice(before[1]);
    },
    stop: () => shell.stop(),
  };
}
