import type { Contract, ContractColumn } from './contract.ts';
import { MOST_FAULTS } from './explain-row.ts';
import type { CsvField } from './parse-csv.ts';
import { RaggedRecord, type Row } from './row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

/** Sets what a field says of its name in the row. */
type ReadField = (field: CsvField, row: Record<string, unknown>) => void;

/**
 * Compiles a header against the contract: each field's text becomes the value that its column reads in it, as in ClickHouse's
 * CSVWithNames. An empty field without quotes is absent: NULL, the column's DEFAULT or, where the column needs a text, the empty one.
 */
export function compileCsvReader(
  contract: Contract,
  names: readonly string[],
): (fields: readonly CsvField[]) => Row | RaggedRecord {
  const columns = new Map<string, ContractColumn>(contract.columns.map((column) => [column.name, column]));
  const hasRest = contract.columns.some(({ kind }) => kind === 'rest');
  const readers: (ReadField | undefined)[] = [];
  let refused = 0;
  for (const name of names) {
    const column = columns.get(name);
    const isKept = column === undefined && hasRest && !name.startsWith('_');
    if (column?.kind === 'field') readers.push(readColumn(column));
    else if (isKept) readers.push(readKept(name));
    // One such name refuses every row; more than are told of need not be copied.
    else readers.push(refused++ < MOST_FAULTS ? readRefused(name) : undefined);
  }
  return (fields) => {
    if (fields.length !== names.length) return new RaggedRecord(names.length, fields.length);
    const row: Record<string, unknown> = {};
    for (let index = 0; index < readers.length; index++) readers[index]?.(fields[index], row);
    return row;
  };
}

function readColumn({ name, type, hasDefault }: Extract<ContractColumn, { kind: 'field' }>): ReadField {
  const { nullable, fromText, encode } = type;
  const takesEmpty = !nullable && !hasDefault && encode('', new RowBinaryWriter(0)) === undefined;
  return (field, row) => {
    if (typeof field === 'string') row[name] = fromText(field);
    else if (field === null) row[name] = null;
    else if (takesEmpty) row[name] = '';
  };
}

function readKept(name: string): ReadField {
  return (field, row) => {
    if (field !== undefined) row[name] = field;
  };
}

/** A name that the row may not have counts however empty its field is. Not by assignment, which `__proto__` would take otherwise. */
function readRefused(name: string): ReadField {
  return (field, row) => {
    Object.defineProperty(row, name, { value: field ?? null, enumerable: true });
  };
}
