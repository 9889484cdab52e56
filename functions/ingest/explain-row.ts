import type { RowCode } from '../shared/codes.ts';
import type { Contract } from './contract.ts';
import type { RowFault } from './judge-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { isRow } from './row-encoder.ts';

/** More faults than these help nobody, and a row of a million unknown fields must not become a million objects. */
const MOST_FAULTS = 100;

/** Longest field name that a fault repeats. */
const NAME_LENGTH = 128;

/** Looks at a refused row once more and names everything that is wrong with it. */
export function explainRow(value: unknown, raw: string, contract: Contract, rowBytes: number): readonly RowFault[] {
  if (!isRow(value)) return [fault('', 'ROW_NOT_OBJECT', `expected a JSON object, saw ${kindOf(value)}`)];
  const size = Buffer.byteLength(raw);
  if (size > rowBytes) return [fault('', 'ROW_TOO_LARGE', `${size} bytes, at most ${rowBytes}`)];
  const faults: RowFault[] = [];
  const known = new Set(contract.columns.map(({ name }) => name));
  for (const name of Object.keys(value)) {
    if (faults.length === MOST_FAULTS) break;
    if (name.startsWith('_'))
      faults.push(fault(name, 'FIELD_RESERVED', 'names that begin with _ are set by the server'));
    else if (!known.has(name)) faults.push(fault(name, 'FIELD_UNKNOWN', 'the stream has no such field'));
  }
  const scratch = new RowBinaryWriter(256);
  for (const column of contract.columns) {
    if (column.kind === 'stamp') continue;
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
  return faults.slice(0, MOST_FAULTS);
}

function fault(column: string, code: RowCode, message: string): RowFault {
  return { column: column.slice(0, NAME_LENGTH), code, message };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
