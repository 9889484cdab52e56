import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './process-group.ts';

/** What is installed, exactly. Raised in a commit of its own, after every line of docs/emulator.md was seen again. */
export const MINISTACK_PINS = {
  ministack: '1.5.33',
  // RSA and EC keys of KMS need it: without it CreateKey answers 500.
  cryptography: '50.0.2',
  // `aws`, for the commands of docs/deploy.md.
  awscli: '1.46.3',
} as const;

/** The emulator's Python environment could not be made. */
export class EmulatorInstallError extends Error {
  override readonly name = 'EmulatorInstallError';
  readonly code = 'EMULATOR_INSTALL';

  constructor(step: string, output: string, options?: ErrorOptions) {
    super(
      `${step} failed: ${output.trim().slice(-800) || 'no output'}. Expected Python 3.10 or newer as python3, with venv ` +
        'and pip, and PyPI within reach. Next: install them (Debian: python3-venv) and run the command again.',
      options,
    );
  }
}

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/edgehouse/', import.meta.url));
const MARKER = 'pins.json';

/**
 * The Python that has the pinned emulator: made on first use (about 10 s, from PyPI), found again by a marker that
 * names the pins. A venv whose making was cut short has no marker and is made anew.
 *
 * @param cache the folder that holds the venvs
 * @returns the absolute path of its `python`
 * @throws EmulatorInstallError when venv or pip fails
 */
export async function ministackPython(cache: string = CACHE): Promise<string> {
  const venv = join(cache, `ministack-${MINISTACK_PINS.ministack}`);
  const python = join(venv, 'bin', 'python');
  const marker = join(venv, MARKER);
  const pins = JSON.stringify(MINISTACK_PINS);
  if (existsSync(python) && existsSync(marker) && (await readFile(marker, 'utf8')) === pins) return python;
  await mkdir(cache, { recursive: true });
  await rm(venv, { recursive: true, force: true });
  await step('python3 -m venv', 'python3', ['-m', 'venv', venv], cache);
  const wanted = Object.entries(MINISTACK_PINS).map(([name, version]) => `${name}==${version}`);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...wanted];
  await step('pip install', python, pip, cache);
  await writeFile(`${marker}.new`, pins);
  await rename(`${marker}.new`, marker);
  return python;
}

async function step(name: string, command: string, args: readonly string[], cwd: string): Promise<void> {
  // pip's index, proxy and certificate settings are the machine's own and stay as they are.
  const env = Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value ? [[key, value]] : [])));
  const ended = await runToEnd(command, args, { env, cwd }).catch((error: unknown) => {
    throw new EmulatorInstallError(name, `${command} could not be started`, { cause: error });
  });
  if (ended.exitCode !== 0) throw new EmulatorInstallError(name, ended.stderr || ended.stdout);
}
