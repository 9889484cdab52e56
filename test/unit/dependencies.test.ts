import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PLATFORM_MODULES } from '../../edgeworker/platform-rules.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const USER_CONFIG = 'edgehouse.config.ts';
const MOST_LINES = 300;

/** What a folder may import besides itself. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  config: [],
  functions: ['config'],
  clickhouse: ['config'],
  edgeworker: ['config'],
  cdk: ['config', 'functions', 'edgeworker'],
  grafana: [],
  local: ['config', 'functions', 'clickhouse', 'edgeworker'],
  cli: ['config', 'functions', 'clickhouse', 'local', 'edgeworker'],
};

/** Each function stands alone and on `shared`; whoever needs another function says so here. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  replay: ['ingest'],
  rotation: ['authorizer', 'issuer', 'ingest'],
};

describe('dependencies', () => {
  test('are found at all: a reader that sees no imports would pass everything', () => {
    const imports = importsOf('a.ts', SAMPLE).map(({ specifier }) => specifier);

    expect(imports).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts']);
    expect(IMPORTS.length).toBeGreaterThan(100);
  });

  test('between folders point one way', () => {
    const wrong = IMPORTS.filter(({ from, target }) => target !== undefined && !mayImport(from, target));

    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('between functions go to shared, or are declared', () => {
    const wrong = IMPORTS.filter(({ from, target }) => {
      const [mine, other] = [functionOf(from), functionOf(target ?? '')];
      if (mine === undefined || other === undefined || mine === other || other === 'shared') return false;
      return !(FUNCTIONS[mine] ?? []).includes(other);
    });

    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('of what runs at the edge stay there: nothing but itself, types of the config and the modules of the platform', () => {
    const wrong = IMPORTS.filter(({ from, target, specifier, typeOnly }) => {
      if (!from.startsWith('edgeworker/src/')) return false;
      if (typeOnly && target?.startsWith('config/')) return false;
      return target === undefined ? !PLATFORM_MODULES.includes(specifier) : !target.startsWith('edgeworker/src/');
    });

    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('of what runs in browsers are its own files and those of the edge: nothing from outside', () => {
    const wrong = IMPORTS.filter(({ from, target = '' }) => {
      if (!from.startsWith('edgeworker/client/')) return false;
      return !/^edgeworker\/(client|src)\//.test(target);
    });

    expect(wrong.map(describeImport)).toEqual([]);
  });

  test('of functions are packages that are installed in production', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

    const wrong = IMPORTS.filter(({ from, target, specifier, typeOnly }) => {
      if (!from.startsWith('functions/') || target !== undefined || typeOnly || isBuiltin(specifier)) return false;
      return !(packageOf(specifier) in dependencies);
    });

    expect(wrong.map(describeImport)).toEqual([]);
  });

  test(`leave no file with more than ${MOST_LINES} lines`, () => {
    const long = FILES.map((file) => ({ file, lines: read(file).trimEnd().split('\n').length }));

    expect(long.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
  });
});

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file of ours that is meant, as a path from the root; undefined for a package. */
  readonly target: string | undefined;
  /** `import type` and `export type` leave nothing behind at run time. */
  readonly typeOnly: boolean;
}

const SAMPLE = `
import { a } from './a.ts';
import './b.ts';
export * from './c.ts';
import type {
  D,
} from "./d.ts";
const e = await import('./e.ts');
export { f } from './f.ts';
// import { g } from './g.ts';
/* see import('./h.ts') */
`;

const FILES: readonly string[] = [...Object.keys(FOLDERS).flatMap(filesUnder), USER_CONFIG];
const IMPORTS: readonly Import[] = FILES.flatMap((file) => importsOf(file, read(file)));

function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function importsOf(from: string, source: string): readonly Import[] {
  const code = source.replaceAll(/^\s*(\/\/|\*).*$/gm, '').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  // A statement starts its line; a dynamic import may stand anywhere.
  const statements = /^(?:import|export)\b([^;'"]*?\bfrom\s*|\s*)['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...code.matchAll(statements)].map(([, clause = '', named, dynamic]) => {
    const specifier = named ?? dynamic ?? '';
    return { from, specifier, target: targetOf(from, specifier), typeOnly: /^\s*type\b/.test(clause) };
  });
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier === '#config') return 'config/loaded.ts';
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

function mayImport(from: string, target: string): boolean {
  if (from === 'config/loaded.ts' && target === USER_CONFIG) return true;
  if (from === USER_CONFIG) return folderOf(target) === 'config';
  return folderOf(from) === folderOf(target) || (FOLDERS[folderOf(from)] ?? []).includes(folderOf(target));
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function functionOf(file: string): string | undefined {
  const [folder, name, rest] = file.split('/');
  return folder === 'functions' && rest !== undefined ? name : undefined;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function describeImport({ from, specifier }: Import): string {
  return `${from} imports ${specifier}`;
}
