import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { appWithConfig } from '../../deploy/support/other-config.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TIMEOUT_MS = 60_000;

/** Runs `cdk synth` as a user without AWS account or network would: no credentials, and every proxy leads nowhere. */
export async function runSynth(output: string, ...options: readonly string[]): Promise<Ended> {
  const cli = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  return run([cli, 'synth', '--quiet', '--output', output, ...options], output);
}

/** The same with another config in the place of `edgehouse.config.ts`. */
export async function runSynthWith(config: unknown, output: string, ...options: readonly string[]): Promise<Ended> {
  const app = await appWithConfig(config);
  return runSynth(output, ...app.args, ...options).finally(app.remove);
}

/** Runs the CDK app alone, with another config in the place of `edgehouse.config.ts`. */
export async function runAppWith(config: unknown): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), 'edgehouse-app-'));
  try {
    const [other, hook] = [join(directory, 'config.mjs'), join(directory, 'hook.mjs')];
    writeFileSync(other, `export default ${JSON.stringify(config)};\n`);
    writeFileSync(hook, hookSource(pathToFileURL(other).href));
    return await run(['--import', pathToFileURL(hook).href, join(ROOT, 'cdk/app.ts')], directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function hookSource(url: string): string {
  return `import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith('/edgehouse.config.ts') ? { ...found, url: ${JSON.stringify(url)}, format: 'module' } : found;
  },
});
`;
}

function run(args: readonly string[], directory: string): Promise<Ended> {
  const started = performance.now();
  const nowhere = 'http://127.0.0.1:9';
  const env = {
    PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
    HOME: directory,
    CDK_OUTDIR: directory,
    CDK_DISABLE_CLI_TELEMETRY: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Else Node does not mind the proxies.
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stdout, stderr, milliseconds: performance.now() - started });
    });
  });
}
