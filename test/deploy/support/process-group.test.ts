import { describe, expect, test } from '@jest/globals';
import { runToEnd, startProcessGroup } from './process-group.ts';

const HERE = { env: { PATH: '/usr/bin:/bin' }, cwd: '/' };

/** Starts a child of its own that would live for an hour, says its id, and either waits for it or leaves it behind. */
const parent = (then: string): readonly string[] => [
  '-e',
  `const child = require('node:child_process').spawn('sleep', ['3600'], { stdio: 'ignore' }); console.log(child.pid); ${then}`,
];

describe('a process group', () => {
  test('takes the children of its program along when it is stopped', async () => {
    const group = await startProcessGroup(process.execPath, parent('setInterval(() => {}, 1000);'), HERE);
    const child = await firstLine(group.stdout);

    await group.stop();

    expect(isAlive(child)).toBe(false);
    expect(isAlive(group.pid)).toBe(false);
  });

  test('kills a program that does not end when it is asked to', async () => {
    const stubborn = ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.pid);"];
    const group = await startProcessGroup(process.execPath, stubborn, HERE);
    const pid = await firstLine(group.stdout);

    await group.stop();

    expect(isAlive(pid)).toBe(false);
    expect(await group.ended).toBeNull();
  });

  test('ends what a program left behind that ended by itself', async () => {
    const { exitCode, stdout } = await runToEnd(process.execPath, parent('child.unref(); process.exitCode = 3;'), HERE);

    expect(exitCode).toBe(3);
    expect(isAlive(Number(stdout))).toBe(false);
  });

  test('gives its program no variable of this process', async () => {
    const { stdout } = await runToEnd(process.execPath, ['-p', 'Object.keys(process.env).join()'], HERE);

    expect(stdout.trim()).toBe('PATH');
  });

  test('says so when there is no such program', async () => {
    await expect(startProcessGroup('/no/such/program', [], HERE)).rejects.toThrow('ENOENT');
  });
});

async function firstLine(stdout: () => string): Promise<number> {
  while (!stdout().includes('\n')) await new Promise((resolve) => setImmediate(resolve));
  return Number(stdout());
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
