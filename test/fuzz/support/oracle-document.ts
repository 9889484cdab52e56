// docs/formats.md on JSON columns, written down a second time.

import { Digits, type Json } from './oracle-json.ts';

export type Code = 'FIELD_TYPE' | 'FIELD_RANGE';

const MOST_LEVELS = 64;
/** Paths may be so many times longer than the names were sent, each with what JSON has beside it. */
const MOST_REPETITION = 8;
const BESIDE = '"":1,';

/** A document as a JSON column keeps it, as one text: its paths in order with their values. `codes`: all that is wrong with it. */
export interface JudgedDocument {
  readonly text: string;
  readonly codes: readonly Code[];
}

/** What a column declares of a path. */
export interface DeclaredPath {
  judge(value: Json): { readonly stored: string } | { readonly codes: readonly Code[] };
  /** What it reads as where it is not sent. */
  readonly absent: string;
}

type Declared = ReadonlyMap<string, DeclaredPath>;

/** @param skipped paths that are not stored */
export function documentOf(value: Json, declared: Declared = NONE, skipped: readonly string[] = []): JudgedDocument {
  if (!(value instanceof Map)) return { text: 'no document', codes: ['FIELD_TYPE'] };
  const codes = new Set<Code>();
  const text = JSON.stringify(pathsOf(value, 0, codes, declared).filter(([path]) => !skipped.includes(path)));
  return { text, codes: [...codes] };
}

const NONE: Declared = new Map();

interface Paths {
  readonly leaves: Map<string, Json>;
  readonly objects: Set<string>;
  sent: number;
}

function pathsOf(
  value: ReadonlyMap<string, Json>,
  level: number,
  codes: Set<Code>,
  declared: Declared,
): readonly (readonly [path: string, value: unknown])[] {
  const paths: Paths = { leaves: new Map(), objects: new Set(), sent: 0 };
  collect(value, '', level, paths, codes, declared);
  const { leaves, objects, sent } = paths;
  for (const path of [...leaves.keys(), ...objects]) {
    const steps = path.split('.');
    const isLeaf = leaves.has(path);
    if (isLeaf && !isWellFormed(path)) codes.add('FIELD_TYPE');
    if (isLeaf && objects.has(path)) codes.add('FIELD_TYPE');
    if (steps.some((_step, at) => at > 0 && leaves.has(steps.slice(0, at).join('.')))) codes.add('FIELD_TYPE');
  }
  if ([...leaves.keys()].join('').length > sent * MOST_REPETITION) codes.add('FIELD_RANGE');
  for (const path of leaves.keys()) {
    for (const one of declared.keys())
      if (one.startsWith(`${path}.`) || path.startsWith(`${one}.`)) codes.add('FIELD_TYPE');
  }
  const absent = [...declared]
    .filter(([path]) => !leaves.has(path))
    .map(([path, type]) => [path, type.absent] as const);
  return [...leaves]
    .map(([path, leaf]): readonly [string, unknown] => {
      const judged = declared.get(path)?.judge(leaf);
      if (judged === undefined) return [path, leafOf(leaf, level + 1, codes)];
      if ('stored' in judged) return [path, judged.stored];
      for (const code of judged.codes) codes.add(code);
      return [path, undefined];
    })
    .concat(absent)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function collect(
  value: ReadonlyMap<string, Json>,
  prefix: string,
  level: number,
  paths: Paths,
  codes: Set<Code>,
  declared: Declared,
): void {
  if (level > MOST_LEVELS) return void codes.add('FIELD_RANGE');
  for (const [name, member] of value) {
    const steps = name.split('.');
    if (steps.length > MOST_LEVELS) codes.add('FIELD_RANGE');
    paths.sent += `${name}${BESIDE}`.length;
    if (member === null) continue;
    const path = `${prefix}${name}`;
    if (steps.includes('') || paths.leaves.has(path)) codes.add('FIELD_TYPE');
    if (member instanceof Map && !declared.has(path)) {
      paths.objects.add(path);
      collect(member, `${path}.`, level + 1, paths, codes, declared);
    } else paths.leaves.set(path, member);
  }
}

function leafOf(value: Json, level: number, codes: Set<Code>): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (value instanceof Digits) return numberOf(value.text, codes);
  if (typeof value === 'string') {
    if (!isWellFormed(value)) codes.add('FIELD_TYPE');
    return { text: value };
  }
  if (level > MOST_LEVELS) return void codes.add('FIELD_RANGE');
  if (value instanceof Map) return { paths: pathsOf(value, level, codes, NONE) };
  return Array.isArray(value) ? value.map((item: Json) => leafOf(item, level + 1, codes)) : undefined;
}

/** An integer of 64 bits by its digits, any other number by its double. */
function numberOf(text: string, codes: Set<Code>): unknown {
  if (/^-?\d+$/.test(text)) {
    const exact = BigInt(text);
    if (exact >= -(2n ** 63n) && exact < 2n ** 64n) return String(exact);
    codes.add('FIELD_RANGE');
  }
  const double = Number(text);
  if (!Number.isFinite(double)) return void codes.add('FIELD_RANGE');
  return Number.isInteger(double) ? String(BigInt(double)) : double;
}

export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
