// docs/formats.md on JSON columns, written down a second time.

import { Digits, type Json } from './oracle-json.ts';

export type Code = 'FIELD_TYPE' | 'FIELD_RANGE';

const MOST_LEVELS = 64;

/** A document as a JSON column keeps it, as one text: its paths in order with their values. `codes`: all that is wrong with it. */
export interface JudgedDocument {
  readonly text: string;
  readonly codes: readonly Code[];
}

export function documentOf(value: Json): JudgedDocument {
  if (!(value instanceof Map)) return { text: 'no document', codes: ['FIELD_TYPE'] };
  const codes = new Set<Code>();
  const text = JSON.stringify(pathsOf(value, 0, codes));
  return { text, codes: [...codes] };
}

type Paths = Map<string, Json>;

function pathsOf(value: ReadonlyMap<string, Json>, level: number, codes: Set<Code>): readonly unknown[] {
  const paths: Paths = new Map();
  collect(value, '', level, paths, codes);
  for (const path of paths.keys()) {
    const steps = path.split('.');
    if (!isWellFormed(path)) codes.add('FIELD_TYPE');
    if (steps.some((_step, at) => at > 0 && paths.has(steps.slice(0, at).join('.')))) codes.add('FIELD_TYPE');
  }
  return [...paths]
    .map(([path, leaf]): readonly [string, unknown] => [path, leafOf(leaf, level + 1, codes)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function collect(
  value: ReadonlyMap<string, Json>,
  prefix: string,
  level: number,
  paths: Paths,
  codes: Set<Code>,
): void {
  if (level > MOST_LEVELS) return void codes.add('FIELD_RANGE');
  for (const [name, member] of value) {
    const steps = name.split('.');
    if (steps.length > MOST_LEVELS) codes.add('FIELD_RANGE');
    if (member === null) continue;
    const path = `${prefix}${name}`;
    if (steps.includes('') || paths.has(path)) codes.add('FIELD_TYPE');
    if (member instanceof Map) collect(member, `${path}.`, level + 1, paths, codes);
    else paths.set(path, member);
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
  if (value instanceof Map) return { paths: pathsOf(value, level, codes) };
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
