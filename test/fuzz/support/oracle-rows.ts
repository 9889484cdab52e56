import type { FuzzColumn, FuzzTable } from './fuzz-tables.ts';
import { type Judged, NULL, nullable, ORACLE_TYPES, type OracleType } from './oracle-columns.ts';
import type { CsvLine, Field } from './oracle-csv.ts';
import { documentOf } from './oracle-document.ts';
import type { Json } from './oracle-json.ts';

// docs/formats.md and docs/errors.md, "Rows", written down a second time.

/** One of the codes is told. `or`: no page promises the refusal; where nothing else is wrong, the row may be stored. */
export interface ExpectedFault {
  readonly column: string;
  readonly codes: readonly string[];
  readonly or?: string;
}

export interface ExpectedRow {
  readonly raw: string;
  /** What quarantine has of it, before it is cut. */
  readonly kept: string;
  readonly line: number | undefined;
  readonly faults: readonly ExpectedFault[];
  /** What each column reads as, should the row be stored. */
  readonly stored: ReadonlyMap<string, string>;
}

/** A row as it came: a JSON value, or the fields of a record with the names of the header. */
export type SentRow =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'csv'; readonly names: readonly string[]; readonly record: CsvLine };

export function typeOf({ type, kind }: FuzzColumn): OracleType {
  const known = ORACLE_TYPES[type];
  if (known === undefined) throw new Error(`No oracle for ${type}`);
  return kind === 'nullable' ? nullable(known) : known;
}

/** @param raw the row's own text */
export function judgeRow(table: FuzzTable, sent: SentRow, raw: string, line: number | undefined): ExpectedRow {
  const kept = sent.kind === 'csv' ? keptRecord(sent) : raw;
  const refused = (code: string): ExpectedRow => ({
    raw,
    kept,
    line,
    faults: [{ column: '', codes: [code] }],
    stored: new Map(),
  });
  const isRagged = sent.kind === 'csv' && sent.record.fields.length !== sent.names.length;
  if (isRagged || (sent.kind === 'json' && !(sent.value instanceof Map))) return refused('ROW_NOT_OBJECT');
  const size = Buffer.byteLength(raw);
  if (size > table.limits.rowBytes) return refused('ROW_TOO_LARGE');
  const row = sent.kind === 'csv' ? membersOf(table, sent) : sent.value;
  if (!(row instanceof Map)) return refused('ROW_NOT_OBJECT');
  return { raw, kept, line, ...judgeMembers(table, row) };
}

function keptRecord({ names, record: { fields, raw } }: Extract<SentRow, { kind: 'csv' }>): string {
  if (fields.length !== names.length) return raw;
  const members = names.flatMap((name, at) => {
    const field = fields[at];
    return field === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(field)}`];
  });
  return `[{${members.join(',')}}]`;
}

function judgeMembers(table: FuzzTable, row: ReadonlyMap<string, Json>): Pick<ExpectedRow, 'faults' | 'stored'> {
  const faults: ExpectedFault[] = [];
  const stored = new Map<string, string>();
  const insertable = table.columns.filter(({ kind }) => kind !== 'computed');
  const unknown = new Map<string, Json>();
  for (const [name, value] of row) {
    if (name.startsWith('_') || name === table.rest) faults.push({ column: name, codes: ['FIELD_RESERVED'] });
    else if (insertable.some((column) => column.name === name)) continue;
    else if (table.rest === undefined) faults.push({ column: name, codes: ['FIELD_UNKNOWN'] });
    else unknown.set(name, value);
  }
  if (table.rest !== undefined) {
    const kept = documentOf(unknown);
    if (kept.codes.length > 0) faults.push({ column: table.rest, codes: kept.codes });
    else stored.set(table.rest, kept.text);
  }
  const name = row.get('name');
  for (const column of insertable) {
    const value = row.get(column.name);
    const asksDefault = value === undefined || (value === null && column.kind === 'defaulted');
    const judged: Judged = asksDefault
      ? absent(column, typeof name === 'string' ? name : '')
      : typeOf(column).judge(value);
    if ('stored' in judged) stored.set(column.name, judged.stored);
    else if (value === undefined) faults.push({ column: column.name, codes: ['FIELD_MISSING'] });
    else {
      faults.push({ column: column.name, ...judged });
      if (judged.or !== undefined) stored.set(column.name, judged.or);
    }
  }
  if (typeof name === 'string' && table.columns.some(({ kind }) => kind === 'computed')) {
    stored.set('loud', upper(name));
  }
  return { faults, stored };
}

function absent({ kind, otherwise }: FuzzColumn, name: string): Judged {
  if (kind === 'required') return { codes: [] };
  return { stored: otherwise?.replace('{name}', () => name) ?? NULL };
}

/** ClickHouse's `upper` changes ASCII alone. */
function upper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** The row that a record stands for. A name that the row may not have counts however empty its field is. */
function membersOf(table: FuzzTable, { names, record }: Extract<SentRow, { kind: 'csv' }>): ReadonlyMap<string, Json> {
  const row = new Map<string, Json>();
  for (const [at, name] of names.entries()) {
    const field: Field = record.fields[at];
    const column = table.columns.find((known) => known.name === name && known.kind !== 'computed');
    if (column !== undefined) setField(row, column, field);
    else if (table.rest === undefined || name.startsWith('_') || name === table.rest) row.set(name, field ?? null);
    else if (field !== undefined) row.set(name, field);
  }
  return row;
}

function setField(row: Map<string, Json>, column: FuzzColumn, field: Field): void {
  if (typeof field === 'string') row.set(column.name, typeOf(column).fromText(field));
  else if (field === null) row.set(column.name, null);
  else if (column.kind === 'required' && column.type === 'String') row.set(column.name, '');
}
