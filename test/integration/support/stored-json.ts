import { ExactNumber, parseExactly } from '../../../functions/ingest/exact-number.ts';

/** A member of a line of JSONEachRow, in the form of `plainJson`. */
export function storedJson(line: string, name: string): unknown {
  const row = parseExactly(line);
  return isObject(row) ? plainJson(row[name]) : undefined;
}

/** A document as a JSON column keeps it: names with dots are steps of a path, nulls and empty objects are absent, paths in order. */
export function plainJson(value: unknown): unknown {
  if (value instanceof ExactNumber) return plainNumber(value.text);
  if (typeof value === 'number') return plainNumber(String(value));
  if (Array.isArray(value)) return value.map(plainJson);
  if (!isObject(value)) return value;
  const paths: [string, unknown][] = [];
  collect(value, '', paths);
  return paths.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** An integer of 64 bits by its digits, any other number by its double. */
function plainNumber(text: string): bigint | number {
  const exact = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  if (exact !== undefined && (BigInt.asIntN(64, exact) === exact || BigInt.asUintN(64, exact) === exact)) return exact;
  return Number.isInteger(Number(text)) ? BigInt(Number(text)) : Number(text);
}

function collect(value: Readonly<Record<string, unknown>>, prefix: string, paths: [string, unknown][]): void {
  for (const [name, member] of Object.entries(value)) {
    if (member === null) continue;
    if (isObject(member)) collect(member, `${prefix}${name}.`, paths);
    else paths.push([`${prefix}${name}`, plainJson(member)]);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
