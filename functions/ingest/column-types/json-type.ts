import { levelsOf, parseExactly } from '../exact-number.ts';
import { isRow, type Row } from '../row.ts';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type FieldFault, isZeroUnreadable, mostDigits, plainType } from './column-type-parts.ts';
import { writeDynamic } from './dynamic-value.ts';
import { encodeString } from './text-types.ts';

/** Objects and arrays inside one another; more is no event, and ClickHouse has bounds of its own further up. */
const MOST_LEVELS = 64;

/** With each value go the names of all objects around it. A sender may make us write so many times what he wrote of names. */
const MOST_REPETITION = 8;
/** What JSON has beside a name and a value of one digit: two quotes, a colon, the digit, a comma. */
const UNITS_BESIDE_NAME = 5;

/**
 * `JSON`, with the types that it declares for some paths. It is written path by path with the type of each value, so that the
 * server neither parses text nor guesses dates from strings. As in ClickHouse's JSON type, a dot in a name is a step of the path,
 * and a null or an empty object is the same as an absent name; a path that comes twice, or as a
 * value and as an object, is refused, and so is an empty step.
 */
export function jsonType(typed: ReadonlyMap<string, ColumnType>): ColumnType {
  const expected = `an object of at most ${MOST_LEVELS} levels, long names not around many values`;
  const declared = declare(typed);
  const type = plainType((value, out) => encodeObject(value, declared, out, 0), expected, {
    digits: mostDigits([{ digits: 'integer' }, ...typed.values()]),
    fromText: objectFromText,
  });
  return declared.filled.length > 0 ? { ...type, whenAbsent: {} } : type;
}

/** The types that a column declares for paths. */
interface Declared {
  readonly types: ReadonlyMap<string, ColumnType>;
  /** What lies around them, `a` and `a.b` around `a.b.c`. */
  readonly objects: ReadonlySet<string>;
  /** Units of the longest path: a longer one need not be looked up. */
  readonly longest: number;
  /** Those for which ClickHouse would store, where they are absent, what is no value of the type. */
  readonly filled: readonly { readonly path: string; readonly value: unknown }[];
}

/** Inside an array. */
const NONE_DECLARED = declare(new Map());

function declare(types: ReadonlyMap<string, ColumnType>): Declared {
  const paths = [...types.keys()];
  return {
    types,
    objects: new Set(paths.flatMap(pathsAround)),
    longest: Math.max(0, ...paths.map(({ length }) => length)),
    filled: [...types].flatMap(([path, type]) => (isZeroUnreadable(type) ? [{ path, value: type.whenAbsent }] : [])),
  };
}

function pathsAround(path: string): readonly string[] {
  const steps = path.split('.');
  return steps.slice(1).map((_step, at) => steps.slice(0, at + 1).join('.'));
}

function typeAt(path: string, { types, longest }: Declared): ColumnType | undefined {
  return path.length > longest ? undefined : types.get(path);
}

/** The values of an object that are written, each with its path. */
interface Leaves {
  readonly all: { readonly path: string; readonly value: unknown }[];
  /** Units of the paths, and of what they were sent as. */
  written: number;
  sent: number;
  hasDots: boolean;
}

function encodeObject(value: unknown, declared: Declared, out: RowBinaryWriter, level: number): FieldFault | undefined {
  if (!isRow(value)) return 'FIELD_TYPE';
  const leaves: Leaves = { all: [], written: 0, sent: 0, hasDots: false };
  const fault = collectLeaves(value, '', level, declared, leaves);
  if (fault !== undefined) return fault;
  if (leaves.written > leaves.sent * MOST_REPETITION) return 'FIELD_RANGE';
  // Not before: to look into a path that was put together makes a text of it, and until here they share the names that they begin with.
  if (declared.longest > 0 && leaves.all.some(({ path }) => clashes(path, declared))) return 'FIELD_TYPE';
  // Only names with dots can make a path come twice: it would read back as the same name twice.
  if (leaves.hasDots && isAmbiguous(value, '', declared, new Map())) return 'FIELD_TYPE';
  for (const absent of declared.filled) {
    if (!leaves.all.some(({ path }) => path === absent.path)) leaves.all.push(absent);
  }
  out.varUint(leaves.all.length);
  const place = { level: level + 1, most: MOST_LEVELS, encodeObject: encodeInArray };
  for (const { path, value: leaf } of leaves.all) {
    const type = typeAt(path, declared);
    const wrong =
      encodeString(path, out) ?? (type === undefined ? writeDynamic(leaf, out, place) : type.encode(leaf, out));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function encodeInArray(value: unknown, out: RowBinaryWriter, level: number): FieldFault | undefined {
  return encodeObject(value, NONE_DECLARED, out, level);
}

const EMPTY_STEP = /^\.|\.\.|\.$/;

function collectLeaves(
  row: Row,
  prefix: string,
  level: number,
  declared: Declared,
  leaves: Leaves,
): FieldFault | undefined {
  if (level > MOST_LEVELS) return 'FIELD_RANGE';
  for (const name of Object.keys(row)) {
    const hasDots = name.includes('.');
    if (hasDots && name.length >= MOST_LEVELS && name.split('.').length > MOST_LEVELS) return 'FIELD_RANGE';
    leaves.sent += name.length + UNITS_BESIDE_NAME;
    const value = row[name];
    if (value === null) continue;
    // ClickHouse takes a path with an empty step and loses it when read (seen with 26.7: `.` beside `..`).
    if (name === '' || (hasDots && EMPTY_STEP.test(name))) return 'FIELD_TYPE';
    if (hasDots) leaves.hasDots = true;
    const path = `${prefix}${name}`;
    if (isObjectAt(path, value, declared)) {
      const fault = collectLeaves(value, `${path}.`, level + 1, declared, leaves);
      if (fault !== undefined) return fault;
    } else {
      leaves.written += path.length;
      leaves.all.push({ path, value });
    }
  }
  return undefined;
}

/** A declared path is there in every row: what is around it cannot be a value, nor can anything be inside. */
function clashes(path: string, { types, objects, longest }: Declared): boolean {
  if (path.length <= longest && objects.has(path)) return true;
  for (let dot = path.indexOf('.'); dot >= 0 && dot <= longest; dot = path.indexOf('.', dot + 1)) {
    if (types.has(path.slice(0, dot))) return true;
  }
  return false;
}

/** An object where the column declares a type is one value. */
function isObjectAt(path: string, value: unknown, declared: Declared): value is Row {
  return isRow(value) && typeAt(path, declared) === undefined;
}

/** The steps that begin at one place; a value has none behind it. */
type Steps = Map<string, Steps | 'value'>;

/** Step by step, as the names lie in one another: path by path, the steps that many have in common would be looked at again for each. */
function isAmbiguous(row: Row, prefix: string, declared: Declared, known: Steps): boolean {
  for (const name of Object.keys(row)) {
    const value = row[name];
    if (value === null) continue;
    const path = `${prefix}${name}`;
    const steps = name.split('.');
    const last = isObjectAt(path, value, declared) ? undefined : (steps.pop() ?? '');
    let at = known;
    for (const step of steps) {
      let next = at.get(step);
      if (next === 'value') return true;
      if (next === undefined) {
        next = new Map();
        at.set(step, next);
      }
      at = next;
    }
    if (last === undefined) {
      if (isRow(value) && isAmbiguous(value, `${path}.`, declared, at)) return true;
    } else {
      if (at.has(last)) return true;
      at.set(last, 'value');
    }
  }
  return false;
}

function objectFromText(text: string): unknown {
  try {
    return levelsOf(text) > MOST_LEVELS ? text : parseExactly(text);
  } catch {
    return text;
  }
}
