import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { BUNDLE_HANDLERS, BUNDLE_SECTIONS, type BundleHandler } from '../edgeworker/bundle-settings.ts';
import { VERSION_SHAPE } from '../edgeworker/platform-rules.ts';
import { unpackTgz } from '../edgeworker/unpack-tgz.ts';
import { parseJson } from './parse-json.ts';

/** A bundle as `npm run edge:build` has made it, and the EdgeWorker that it is for. */
export interface EdgeBundle {
  readonly file: string;
  readonly handler: BundleHandler;
  readonly edgeWorkerId: number;
  readonly version: string;
  /** Of the EdgeKV access token that it was built with. */
  readonly accessReference: string;
  readonly tgz: Uint8Array;
  /** SHA-256 of the file, as `edge:build` prints it. */
  readonly sha256: string;
}

/** A file is not what `npm run edge:build` makes of this config. */
export class EdgeBundleUnusableError extends Error {
  override readonly name = 'EdgeBundleUnusableError';
  readonly code = 'EDGE_BUNDLE_UNUSABLE';
  constructor(file: string, seen: string, options?: ErrorOptions) {
    super(`${file} is unusable: ${seen}. Next: EDGEKV_ACCESS_REFERENCE=… npm run edge:build (docs/edge.md).`, options);
  }
}

/** The config names no EdgeWorker. */
export class EdgeWorkerUnnamedError extends Error {
  override readonly name = 'EdgeWorkerUnnamedError';
  readonly code = 'EDGE_WORKER_UNNAMED';
  /** @param members of `edge` that would name one */
  constructor(members: readonly string[]) {
    const missing = members.map((member) => `edge.${member}`).join(' and ');
    super(`The config names no EdgeWorker: it has no ${missing}. Next: set it in edgehouse.config.ts.`);
  }
}

/**
 * The bundles of all EdgeWorkers that the config names, or of one.
 *
 * @param folder where `npm run edge:build` writes
 * @throws EdgeBundleUnusableError, EdgeWorkerUnnamedError
 */
export async function readEdgeBundles(
  { edge }: Pick<Config, 'edge'>,
  folder: string,
  only: BundleHandler | undefined,
): Promise<readonly EdgeBundle[]> {
  const asked = only === undefined ? BUNDLE_HANDLERS : [only];
  const bundles: EdgeBundle[] = [];
  for (const handler of asked) {
    const worker = edge[BUNDLE_SECTIONS[handler]];
    if (worker !== undefined) {
      bundles.push(await readEdgeBundle(join(folder, `${handler}.tgz`), handler, worker.edgeWorkerId));
    }
  }
  if (bundles.length === 0) throw new EdgeWorkerUnnamedError(asked.map((handler) => BUNDLE_SECTIONS[handler]));
  return bundles;
}

const manifestSchema = z.object({ 'edgeworker-version': z.string().regex(VERSION_SHAPE) });

async function readEdgeBundle(file: string, handler: BundleHandler, edgeWorkerId: number): Promise<EdgeBundle> {
  const unusable = (seen: string) => (cause: unknown) => {
    throw new EdgeBundleUnusableError(file, seen, { cause });
  };
  const tgz = await readFile(file).catch(unusable('it cannot be read'));
  const files = await unpackTgz(tgz).catch(unusable('it is no .tgz'));
  const mainJs = files.get('main.js');
  const manifest = manifestSchema.safeParse(parseJson(files.get('bundle.json') ?? ''));
  if (mainJs === undefined || !manifest.success) {
    throw new EdgeBundleUnusableError(file, 'it has no main.js, or no bundle.json with an edgeworker-version');
  }
  const [, accessReference = ''] = /accessReference:"([^"]*)"/.exec(mainJs) ?? [];
  if (accessReference === '') {
    throw new EdgeBundleUnusableError(file, 'it was built without the reference of the EdgeKV access token');
  }
  const version = manifest.data['edgeworker-version'];
  const sha256 = createHash('sha256').update(tgz).digest('hex');
  return { file, handler, edgeWorkerId, version, accessReference, tgz, sha256 };
}
