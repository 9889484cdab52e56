import { isJsonObject } from '../local/gateway/json-object.ts';
import { parseJson } from './parse-json.ts';
import type { Destination } from './send-batch.ts';

/** A row of quarantine. */
export interface KeptRow {
  readonly raw: string;
  /** It was refused because it is no object, or has other fields than its header. */
  readonly isShapeless: boolean;
}

/** Rows as they can be sent again. */
export interface KeptBody<T> extends Pick<Destination, 'contentType'> {
  readonly body: Buffer;
  readonly rows: readonly T[];
}

/** A field by its name; null is CSV's `\N`. */
type Fields = ReadonlyMap<string, string | null>;

/** The rows that a table could take, in the format they came in: what their texts mean is another matter in each. */
export function bodyOfKept<T extends KeptRow>(rows: readonly T[]): KeptBody<T> {
  const shaped = rows.filter(({ isShapeless }) => !isShapeless).map((row) => ({ row, value: parseJson(row.raw) }));
  const records = shaped.flatMap(({ row, value }) => {
    const fields = fieldsOf(value);
    return fields === undefined ? [] : [{ row, fields }];
  });
  // A batch is of one format.
  if (records.length > 0) {
    const body = Buffer.from(csvText(records.map(({ fields }) => fields)));
    return { contentType: 'text/csv', body, rows: records.map(({ row }) => row) };
  }
  const objects = shaped.filter(({ value }) => isJsonObject(value)).map(({ row }) => row);
  // In JSON a line break is white space, and an element of an array may have some.
  const body = Buffer.from(objects.map(({ raw }) => raw.replaceAll(/[\r\n]+/g, ' ')).join('\n'));
  return { contentType: 'application/x-ndjson', body, rows: objects };
}

/** Of a record, which is kept as an array of one object; a record of empty fields alone would be a blank line. */
function fieldsOf(value: unknown): Fields | undefined {
  if (!Array.isArray(value) || value.length !== 1 || !isJsonObject(value[0])) return undefined;
  const fields = Object.entries(value[0]);
  const isKept = (field: readonly [string, unknown]): field is [string, string | null] =>
    typeof field[1] === 'string' || field[1] === null;
  return fields.length > 0 && fields.every(isKept) ? new Map(fields) : undefined;
}

function csvText(records: readonly Fields[]): string {
  const names = [...new Set(records.flatMap((fields) => [...fields.keys()]))];
  const lines = records.map((fields) => names.map((name) => fieldText(fields.get(name))).join(','));
  return [names.map(fieldText).join(','), ...lines].join('\n');
}

function fieldText(field: string | null | undefined): string {
  if (field === undefined) return '';
  if (field === null) return '\\N';
  return field === '' || field === '\\N' || /[",\r\n\ufeff]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
