import { transformSync } from 'esbuild';
import { z } from 'zod';
import {
  ABSENT_GLOBALS,
  MOST_COMPRESSED_BYTES,
  MOST_MAIN_BYTES,
  MOST_UNPACKED_BYTES,
  PLATFORM_MODULES,
  VERSION_SHAPE,
} from './platform-rules.ts';
import { type ModuleFacts, readModule } from './read-module.ts';

export interface BundleFiles {
  readonly mainJs: string;
  readonly bundleJson: string;
  readonly tgz: Uint8Array;
}

/**
 * What Akamai would refuse about a bundle, or what would fail there: one sentence each, none for a good one.
 *
 * @param handlers the event handlers that it is to export
 */
export function checkBundle(handlers: readonly string[], { mainJs, bundleJson, tgz }: BundleFiles): readonly string[] {
  return [...checkSize(mainJs, bundleJson, tgz), ...checkManifest(bundleJson), ...checkCode(handlers, mainJs)];
}

function checkSize(mainJs: string, bundleJson: string, tgz: Uint8Array): readonly string[] {
  const main = Buffer.byteLength(mainJs);
  const unpacked = main + Buffer.byteLength(bundleJson);
  return [
    ...atMost('main.js', main, MOST_MAIN_BYTES),
    ...atMost('The packed bundle', tgz.byteLength, MOST_COMPRESSED_BYTES),
    ...atMost('The unpacked bundle', unpacked, MOST_UNPACKED_BYTES),
  ];
}

function atMost(what: string, bytes: number, most: number): readonly string[] {
  return bytes <= most ? [] : [`${what} has ${bytes} bytes; at most ${most} are taken.`];
}

const manifestSchema = z.strictObject({
  'edgeworker-version': z.string().regex(VERSION_SHAPE),
  description: z.string().optional(),
  config: z
    .strictObject({
      logging: z.strictObject({ ds2id: z.int().positive(), level: z.literal('warn'), schema: z.literal('v1') }),
    })
    .optional(),
});

function checkManifest(bundleJson: string): readonly string[] {
  const parsed = manifestSchema.safeParse(parseJson(bundleJson));
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `bundle.json, ${path.join('.') || 'as a whole'}: ${message}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkCode(handlers: readonly string[], mainJs: string): readonly string[] {
  try {
    return [...checkModule(handlers, readModule(mainJs)), ...checkSyntax(mainJs)];
  } catch {
    return ['main.js does not parse as an ES module.'];
  }
}

function checkModule(handlers: readonly string[], facts: ModuleFacts): readonly string[] {
  const [seen, expected] = [facts.exports, handlers].map((names) => names.toSorted().join(', '));
  return [
    ...facts.imports
      .filter((name) => !PLATFORM_MODULES.includes(name))
      .map((name) => `main.js imports ${name}, which is no module of the platform.`),
    ...(seen === expected ? [] : [`main.js exports ${seen || 'nothing'}; expected ${expected} and nothing else.`]),
    ...ABSENT_GLOBALS.filter((name) => facts.names.has(name)).map(
      (name) => `main.js uses ${name}, which the platform does not have.`,
    ),
    ...facts.dynamic.map((kind) => `main.js uses ${kind === 'Import' ? 'import()' : 'import.meta'}.`),
    ...facts.loadTimeWork.map((kind) => `main.js works while it loads (${kind}); expected declarations only.`),
  ];
}

/** esbuild rewrites what a target does not know, so code that comes out the same for both targets has nothing newer. */
function checkSyntax(mainJs: string): readonly string[] {
  const [old, newest] = ['es2022', 'esnext'].map(
    (target) => transformSync(mainJs, { target, logLevel: 'silent' }).code,
  );
  return old === newest ? [] : ['main.js has syntax that is newer than ES2022.'];
}
