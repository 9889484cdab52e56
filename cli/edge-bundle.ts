import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { BUNDLE_SECTIONS, type BundleHandler } from '../edgeworker/bundle-settings.ts';
import { MOST_UNPACKED_BYTES, VERSION_SHAPE } from '../edgeworker/platform-rules.ts';

/** A bundle as `npm run edge:build` has made it, for the EdgeWorker that it was made for. */
export interface EdgeBundle {
  readonly handler: BundleHandler;
  readonly edgeWorkerId: number;
  readonly version: string;
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

const HANDLERS: readonly BundleHandler[] = ['collector', 'request-event'];

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
  const asked = only === undefined ? HANDLERS : [only];
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
  const files = await unpack(tgz).catch(unusable('it is no .tgz of at most 1 MiB'));
  const mainJs = files.get('main.js');
  const manifest = manifestSchema.safeParse(parseJson(files.get('bundle.json') ?? ''));
  if (mainJs === undefined || !manifest.success) {
    throw new EdgeBundleUnusableError(file, 'it has no main.js, or no bundle.json with an edgeworker-version');
  }
  const version = manifest.data['edgeworker-version'];
  const source = `ew/${edgeWorkerId}/${version}`;
  // Both are built in: a bundle under another id would send what ingest refuses, one without a reference nothing at all.
  if (!mainJs.includes(`"${source}"`)) throw new EdgeBundleUnusableError(file, `it was not built to send as ${source}`);
  if (mainJs.includes('accessReference:""')) {
    throw new EdgeBundleUnusableError(file, 'it was built without the reference of the EdgeKV access token');
  }
  return { handler, edgeWorkerId, version, tgz, sha256: createHash('sha256').update(tgz).digest('hex') };
}

async function unpack(tgz: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  // The tar format adds 512 bytes a file, and fills each up to 512.
  const tar = gunzipSync(tgz, { maxOutputLength: MOST_UNPACKED_BYTES + 16_384 });
  for await (const entry of Readable.from([tar]).pipe(extract())) files.set(entry.header.name, await text(entry));
  return files;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
