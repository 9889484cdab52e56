import { test } from '@jest/globals';

/** Says a line at once: jest shows what a test wrote when all have ended. */
export function say(line: string): void {
  process.stderr.write(`deploy: ${line}\n`);
}

/** Characters of the log that a failed check shows. */
const MOST_LOG = 6000;

/**
 * Makes a kind of test that says what it saw, and goes on where the one before it ended: after one that failed none is tried.
 *
 * @param log what the emulator and the functions wrote so far; one that fails shows what they wrote meanwhile
 */
export function createCheck(log: () => string): (name: string, act: () => Promise<string>) => void {
  let failed: string | undefined;
  return (name, act) => {
    test(name, async () => {
      if (failed !== undefined) throw new Error(`Not tried: "${failed}" failed before it.`);
      const started = performance.now();
      const logged = log().length;
      try {
        const seen = await act();
        say(`${name}: ${seen} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed = name;
        say(`FAILED: ${name}; the emulator wrote meanwhile\n${log().slice(logged).slice(-MOST_LOG)}`);
        throw error;
      }
    });
  };
}
