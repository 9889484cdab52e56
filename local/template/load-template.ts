import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { config } from '#config';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/edgehouse/template');
/** Whatever the template may depend on. */
const SOURCES = ['cdk', 'config', 'functions', 'edgehouse.config.ts', 'cdk.json', 'package-lock.json'];

/** `cdk/app.ts` did not synthesize. */
export class SynthFailedError extends Error {
  override readonly name = 'SynthFailedError';
  readonly code = 'SYNTH_FAILED';
  /** @param said the end of what it wrote */
  constructor(said: string) {
    super(`The template could not be synthesized; npx cdk synth says more. It said: ${said}`);
  }
}

/**
 * The template of the first region, as `cdk deploy` would send it: synthesized, which takes a few seconds, or as it was
 * synthesized last from the same sources.
 *
 * @param cache folder that keeps it
 * @throws SynthFailedError
 */
export async function loadTemplate(cache = CACHE): Promise<unknown> {
  const name = `${await hashSources()}.json`;
  const known = await readFile(join(cache, name), 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  const template = await synthesize();
  // Where nothing can be kept, or another stack keeps the same at this moment, the next start synthesizes again.
  await keep(cache, name, template).catch(() => undefined);
  return JSON.parse(template);
}

/** Renamed into place: a stack that starts beside this one reads all of it or nothing. */
async function keep(cache: string, name: string, template: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const unfinished = join(cache, `${name}.${process.pid}`);
  await writeFile(unfinished, template);
  await rename(unfinished, join(cache, name));
  const others = (await readdir(cache)).filter((file) => file.endsWith('.json') && file !== name);
  await Promise.all(others.map((file) => rm(join(cache, file), { force: true })));
}

async function synthesize(): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), 'edgehouse-synth-'));
  try {
    const { context } = JSON.parse(await readFile(join(ROOT, 'cdk.json'), 'utf8'));
    const child = spawn(process.execPath, ['cdk/app.ts'], {
      cwd: ROOT,
      env: {
        CDK_OUTDIR: out,
        // With the paths of constructs, by which the functions are known here.
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:enable-path-metadata': true }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
    if (child.exitCode !== 0) throw new SynthFailedError(said.slice(-2000));
    return await readFile(join(out, `edgehouse-${config.regions[0]}.template.json`), 'utf8');
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await filesOf(join(ROOT, source))) {
      const content = await readFile(file);
      hash.update(`${file.slice(ROOT.length)} ${content.length}\n`).update(content);
    }
  }
  return hash.digest('hex');
}

async function filesOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
