import { levelsOf, parseExactly } from '../exact-number.ts';
import { isRow, type Row } from '../row.ts';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type FieldFault, mostDigits, plainType } from './column-type-parts.ts';
import { writeDynamic } from './dynamic-value.ts';
import { encodeString } from './text-types.ts';

/** Objects and arrays inside one another; more is no event, and ClickHouse has bounds of its own further up. */
const MOST_LEVELS = 64;

/**
 * `JSON`, with the types that it declares for some paths. It is written path by path with the type of each value, so that the
 * server neither parses text nor guesses dates from strings. As in ClickHouse's JSON type, a dot in a name is a step of the path,
 * and a null or an empty object is the same as an absent name; a path that comes twice, or as a
 * value and as an object, is refused, and so is an empty step.
 */
export function jsonType(typed: ReadonlyMap<string, ColumnType>): ColumnType {
  return plainType((value, out) => encodeObject(value, typed, out, 0), `an object of at most ${MOST_LEVELS} levels`, {
    digits: mostDigits([{ digits: 'integer' }, ...typed.values()]),
    fromText: objectFromText,
  });
}

/** Inside an array, where no path has a declared type. */
const UNTYPED: ReadonlyMap<string, ColumnType> = new Map();

function encodeObject(
  value: unknown,
  typed: ReadonlyMap<string, ColumnType>,
  out: RowBinaryWriter,
  level: number,
): FieldFault | undefined {
  if (!isRow(value)) return 'FIELD_TYPE';
  const paths = new Map<string, unknown>();
  const fault = collectPaths(value, '', level, typed, paths);
  if (fault !== undefined) return fault;
  if (isValueAndObject(value, paths)) return 'FIELD_TYPE';
  out.varUint(paths.size);
  for (const [path, leaf] of paths) {
    const wrong = encodeString(path, out) ?? encodeLeaf(leaf, typed.get(path), out, level);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const EMPTY_STEP = /^\.|\.\.|\.$/;

function collectPaths(
  row: Row,
  prefix: string,
  level: number,
  typed: ReadonlyMap<string, ColumnType>,
  paths: Map<string, unknown>,
): FieldFault | undefined {
  if (level > MOST_LEVELS) return 'FIELD_RANGE';
  for (const name of Object.keys(row)) {
    if (stepsOf(name) > MOST_LEVELS) return 'FIELD_RANGE';
    const path = `${prefix}${name}`;
    const value = row[name];
    if (value === null) continue;
    // ClickHouse takes a path with an empty step and loses it when read (seen with 26.7: `.` beside `..`).
    if (name === '' || EMPTY_STEP.test(name)) return 'FIELD_TYPE';
    if (isRow(value) && !typed.has(path)) {
      const fault = collectPaths(value, `${path}.`, level + 1, typed, paths);
      if (fault !== undefined) return fault;
      continue;
    }
    if (paths.has(path)) return 'FIELD_TYPE';
    paths.set(path, value);
  }
  return undefined;
}

function stepsOf(name: string): number {
  return name.includes('.') ? name.split('.').length : 1;
}

/** Only names with dots can make a path both: it would read back as the same name twice. */
function isValueAndObject(row: Row, paths: ReadonlyMap<string, unknown>): boolean {
  if (!hasDots(row)) return false;
  for (const path of paths.keys()) {
    for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      if (paths.has(path.slice(0, dot))) return true;
    }
  }
  return false;
}

function hasDots(row: Row): boolean {
  return Object.keys(row).some((name) => {
    const value = row[name];
    return name.includes('.') || (isRow(value) && hasDots(value));
  });
}

function encodeLeaf(
  value: unknown,
  type: ColumnType | undefined,
  out: RowBinaryWriter,
  level: number,
): FieldFault | undefined {
  if (type !== undefined) return type.encode(value, out);
  const inside = (nested: unknown, to: RowBinaryWriter, depth: number) => encodeObject(nested, UNTYPED, to, depth);
  return writeDynamic(value, out, { level: level + 1, most: MOST_LEVELS, encodeObject: inside });
}

function objectFromText(text: string): unknown {
  try {
    return levelsOf(text) > MOST_LEVELS ? text : parseExactly(text);
  } catch {
    return text;
  }
}
