import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ShellSession, startShell } from './shell-session.ts';

let shell: ShellSession;

beforeEach(async () => {
  shell = await startShell({ env: { PATH: '/usr/bin:/bin' }, cwd: '/' });
});

afterEach(() => shell.stop());

describe('a shell for the commands of a guide', () => {
  test('keeps what a block sets and defines for those after it', async () => {
    await shell.run('export WORD=there\nsay() { printf \'it is %s\\n\' "$1"; }');

    expect(await shell.run('say "$WORD"')).toBe('it is there\n');
  });

  test('stops at the first command that fails, and says what all of them wrote', async () => {
    const block = shell.run('echo before\nls /nowhere\necho after');

    await expect(block).rejects.toThrow(/A command failed[\s\S]*before\n[\s\S]*\/nowhere/);
    await expect(block).rejects.not.toThrow('\nafter\n');
  });

  test('gives a command that reads its input nothing of the commands after it', async () => {
    expect(await shell.run('cat\necho read')).toBe('read\n');
  });
});
