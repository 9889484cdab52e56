import { STAMPED_COLUMNS } from '../../../functions/ingest/contract.ts';
import { QUARANTINE_COLUMNS } from '../../../functions/ingest/quarantine.ts';
import type { FuzzTable } from './fuzz-tables.ts';
import { ORACLE_TYPES } from './oracle-columns.ts';
import { Digits, type Json } from './oracle-json.ts';
import { type ExpectedFault, type ExpectedRow, typeOf } from './oracle-rows.ts';

export type ReadRow = ReadonlyMap<string, Json>;

/** What the database holds of a batch, by row number. */
export interface FoundBatch {
  readonly stored: ReadonlyMap<number, ReadRow>;
  readonly quarantined: ReadonlyMap<number, ReadRow>;
}

/** The columns that are read back of a table. */
export function columnsOf({ columns, rest }: FuzzTable): readonly string[] {
  return [...columns.map(({ name }) => name), ...(rest === undefined ? [] : [rest]), ...STAMPED_COLUMNS];
}

export const READ_OF_QUARANTINE: readonly string[] = QUARANTINE_COLUMNS;

/** Most faults that are told of one row. */
const MOST_FAULTS = 20;
const NAME_LENGTH = 128;

/**
 * Holds a batch in the database against what the oracle says of each of its rows.
 *
 * @param stamp what each row must be stamped with, as it reads
 * @returns what differs, in words
 */
export function compareStored(
  table: FuzzTable,
  rows: readonly ExpectedRow[],
  { stored, quarantined }: FoundBatch,
  stamp: ReadonlyMap<string, string>,
): readonly string[] {
  const differences = rows.flatMap((row, at) => {
    const [good, bad] = [stored.get(at), quarantined.get(at)];
    if (good !== undefined && bad !== undefined) return [`row ${at} is in both tables`];
    if (good !== undefined)
      return [...compareFields(table, row, good), ...compareStamp(good, at, stamp)].map((text) => `row ${at}: ${text}`);
    if (bad === undefined) return [`row ${at} is nowhere`];
    return [...compareRefused(table, row, bad), ...compareStamp(bad, at, stamp)].map((text) => `row ${at}: ${text}`);
  });
  const strangers = [...stored.keys(), ...quarantined.keys()].filter((at) => !(at >= 0 && at < rows.length));
  return [...differences, ...strangers.map((at) => `row ${at} was not sent`)];
}

function compareFields(table: FuzzTable, row: ExpectedRow, found: ReadRow): readonly string[] {
  const sure = row.faults.filter(({ or }) => or === undefined);
  if (sure.length > 0) return [`stored, expected ${JSON.stringify(sure)}: ${row.raw.slice(0, 300)}`];
  const columns = [
    ...table.columns.map((column) => ({ name: column.name, type: typeOf(column) })),
    ...(table.rest === undefined ? [] : [{ name: table.rest, type: ORACLE_TYPES['JSON'] }]),
  ];
  return columns.flatMap(({ name, type }) => {
    const expected = row.stored.get(name);
    const seen = type?.read(found.get(name) ?? null);
    return seen === expected ? [] : [`${name}: expected ${JSON.stringify(expected)}, read ${JSON.stringify(seen)}`];
  });
}

function compareRefused(table: FuzzTable, row: ExpectedRow, found: ReadRow): readonly string[] {
  const bytes = Buffer.from(row.kept);
  const whole = bytes.length <= table.limits.rowBytes;
  const cut = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, table.limits.rowBytes));
  const expected: Readonly<Record<string, string>> = {
    stream: table.stream,
    // Half a character at the cut is left out.
    raw: whole ? row.kept.toWellFormed() : cut.replace(/\ufffd$/, ''),
    raw_bytes: String(bytes.length),
    line: row.line === undefined ? 'null' : String(row.line),
  };
  const differences = Object.entries(expected).flatMap(([name, value]) => {
    const seen = textOf(found.get(name));
    return seen === value
      ? []
      : [`quarantine.${name}: expected ${JSON.stringify(value)}, read ${JSON.stringify(seen)}`];
  });
  if (!/^[0-9a-f]{64}$/.test(textOf(found.get('contract_hash')))) differences.push('no contract hash');
  return [
    ...differences,
    ...compareFaults(row.faults, faultsOf(found)).map((text) => `${text}: ${row.raw.slice(0, 300)}`),
  ];
}

/** Codes and columns of a row of quarantine, as one word each. */
export function faultsOf(found: ReadRow): readonly string[] {
  const [codes, columns] = [found.get('codes'), found.get('columns')];
  if (!Array.isArray(codes) || !Array.isArray(columns) || codes.length !== columns.length) return ['unreadable'];
  return codes.map((code, at) => wordOf(String(code), String(columns[at])));
}

export function wordOf(code: string, column: string): string {
  return `${code} ${column.slice(0, NAME_LENGTH).toWellFormed()}`;
}

/** Every fault is told once, in whatever order; of very many, some. */
function compareFaults(faults: readonly ExpectedFault[], seen: readonly string[]): readonly string[] {
  const words = faults.map(({ codes, column, or }) => ({ any: codes.map((code) => wordOf(code, column)), or }));
  const strange = seen.filter((word) => !words.some(({ any }) => any.includes(word)));
  const untold = words.filter(({ any, or }) => or === undefined && !any.some((word) => seen.includes(word)));
  const isLong = faults.length > MOST_FAULTS && seen.length !== MOST_FAULTS;
  const isSame = strange.length === 0 && (untold.length === 0 || faults.length > MOST_FAULTS) && !isLong;
  if (isSame && new Set(seen).size === seen.length && seen.length > 0) return [];
  return [`expected ${JSON.stringify(words)}, in quarantine ${JSON.stringify(seen)}`];
}

function compareStamp(found: ReadRow, row: number, stamp: ReadonlyMap<string, string>): readonly string[] {
  return [...stamp, ['_row', String(row)] as const].flatMap(([name, value]) => {
    const seen = textOf(found.get(name));
    return seen === value ? [] : [`${name}: expected ${value}, read ${seen}`];
  });
}

function textOf(value: Json | undefined): string {
  return value instanceof Digits ? value.text : String(value);
}
