import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { MOST_COMPRESSED_BYTES, MOST_UNPACKED_BYTES, VERSION_SHAPE } from '../edgeworker/platform-rules.ts';
import { unpackTgz } from '../edgeworker/unpack-tgz.ts';
import { parseJson } from './parse-json.ts';

/** The bundle of an EdgeWorker that need not be one of ours. */
export interface ForeignBundle {
  readonly version: string;
  readonly mainJs: string;
  /** Its other modules by their path. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Akamai would not take the file or folder as a bundle. */
export class BundleUnreadableError extends Error {
  override readonly name = 'BundleUnreadableError';
  readonly code = 'BUNDLE_UNREADABLE';
  constructor(place: string, seen: string, options?: ErrorOptions) {
    super(
      `${place} is no bundle that Akamai would take: ${seen}. ` +
        'Expected main.js and bundle.json at the root of a .tgz, or of a folder. Next: pack it so.',
      options,
    );
  }
}

const manifestSchema = z.looseObject({ 'edgeworker-version': z.string().regex(VERSION_SHAPE) });

/** @param place a `.tgz`, or the folder that it is made of @throws BundleUnreadableError */
export async function readForeignBundle(place: string): Promise<ForeignBundle> {
  const kind = await stat(place).catch((cause: unknown) => {
    throw new BundleUnreadableError(place, 'it is not there', { cause });
  });
  const files = kind.isDirectory() ? await readFolder(place) : await unpack(place);
  const unpacked = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  if (unpacked > MOST_UNPACKED_BYTES) {
    throw new BundleUnreadableError(place, `it has ${unpacked} bytes, at most ${MOST_UNPACKED_BYTES} are taken`);
  }
  const mainJs = files.get('main.js');
  if (mainJs === undefined)
    throw new BundleUnreadableError(place, `it has no main.js, but ${[...files.keys()].join(', ') || 'nothing'}`);
  return { version: readVersion(place, files.get('bundle.json')), mainJs, modules: modulesOf(files) };
}

function readVersion(place: string, manifest: string | undefined): string {
  if (manifest === undefined) throw new BundleUnreadableError(place, 'it has no bundle.json');
  const parsed = manifestSchema.safeParse(parseJson(manifest));
  if (!parsed.success) {
    throw new BundleUnreadableError(
      place,
      'its bundle.json has no edgeworker-version of 1 to 32 letters, digits and _ . ~ -',
    );
  }
  return parsed.data['edgeworker-version'];
}

function modulesOf(files: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...files].filter(([path]) => path.endsWith('.js') && path !== 'main.js'));
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/');
    // Of a source tree only what a bundle is made of: its dependencies are bundled, or are not in the bundle.
    if (!entry.isFile() || !/\.js$|^bundle\.json$/.test(path) || /(^|\/)node_modules\//.test(path)) continue;
    files.set(path, await readFile(join(folder, path), 'utf8'));
  }
  return files;
}

async function unpack(file: string): Promise<ReadonlyMap<string, string>> {
  const tgz = await readFile(file);
  if (tgz.byteLength > MOST_COMPRESSED_BYTES) {
    throw new BundleUnreadableError(file, `it has ${tgz.byteLength} bytes, at most ${MOST_COMPRESSED_BYTES} are taken`);
  }
  return unpackTgz(tgz).catch((cause: unknown) => {
    throw new BundleUnreadableError(file, 'it is no .tgz', { cause });
  });
}
