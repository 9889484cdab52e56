import type { RowCode } from '../shared/codes.ts';
import type { Contract } from './contract.ts';
import { ExactNumber } from './exact-number.ts';
import type { RowFault } from './judge-rows.ts';
import { hasEqualLengths } from './nested-lengths.ts';
import { isRow, RaggedRecord, type Row } from './row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

/** More faults than these help nobody, and a row of a million unknown fields must not become a million objects. */
export const MOST_FAULTS = 20;

/** Longest field name that a fault repeats. */
const NAME_LENGTH = 128;

/** Looks at a refused row once more and names everything that is wrong with it. */
export function explainRow(value: unknown, raw: string, contract: Contract, rowBytes: number): readonly RowFault[] {
  if (value instanceof RaggedRecord) return [fault('', 'ROW_NOT_OBJECT', value.problem)];
  if (!isRow(value)) return [fault('', 'ROW_NOT_OBJECT', `expected a JSON object, saw ${kindOf(value)}`)];
  const size = Buffer.byteLength(raw);
  if (size > rowBytes) return [fault('', 'ROW_TOO_LARGE', `${size} bytes, at most ${rowBytes}`)];
  const faults: RowFault[] = [...faultsOfNames(value, contract)];
  const scratch = new RowBinaryWriter(256);
  for (const column of contract.columns) {
    if (column.kind !== 'field') continue;
    const { name, type, hasDefault } = column;
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined) {
      if (!hasDefault && !type.nullable) faults.push(fault(name, 'FIELD_MISSING', `required: ${type.expected}`));
      continue;
    }
    if (field === null && hasDefault) continue;
    scratch.truncate(0);
    const code = type.encode(field, scratch);
    if (code !== undefined) faults.push(fault(name, code, `expected ${type.expected}, saw ${kindOf(field)}`));
  }
  for (const group of contract.nested) {
    if (faults.length > 0 || hasEqualLengths(group, value)) continue;
    faults.push(fault(group[0] ?? '', 'FIELD_TYPE', `expected as many elements as in ${group.slice(1).join(', ')}`));
  }
  return faults.slice(0, MOST_FAULTS);
}

function faultsOfNames(row: Row, { columns }: Contract): readonly RowFault[] {
  const faults: RowFault[] = [];
  const known = new Set(columns.map(({ name }) => name));
  const rest = columns.find(({ kind }) => kind === 'rest');
  // Without a prototype: thousands of names that no row had before are several times slower in an object of its usual kind.
  const unknown: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(row)) {
    if (faults.length === MOST_FAULTS) break;
    if (name.startsWith('_'))
      faults.push(fault(name, 'FIELD_RESERVED', 'names that begin with _ are set by the server'));
    else if (name === rest?.name) faults.push(fault(name, 'FIELD_RESERVED', 'keeps the fields that have no column'));
    else if (known.has(name)) continue;
    else if (rest === undefined) faults.push(fault(name, 'FIELD_UNKNOWN', 'the stream has no such field'));
    else unknown[name] = row[name];
  }
  const code = rest?.type.encode(unknown, new RowBinaryWriter(256));
  if (rest !== undefined && code !== undefined) {
    faults.push(fault(rest.name, code, `the fields without a column are not ${rest.type.expected}`));
  }
  return faults;
}

function fault(column: string, code: RowCode, message: string): RowFault {
  return { column: column.slice(0, NAME_LENGTH), code, message };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return 'a value of type number';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
