// CSV (RFC 4180 and docs/formats.md) read a second time, in other ways than the product does: by one pattern for a field and what ends it.

/** undefined: empty without quotes; null: `\N` without quotes. */
export type Field = string | null | undefined;

export interface CsvLine {
  readonly fields: readonly Field[];
  readonly raw: string;
  readonly line: number;
}

const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Records that are not blank lines, the header among them. @returns undefined where it is in doubt where a record ends */
export function readCsv(text: string): readonly CsvLine[] | undefined {
  const records: CsvLine[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = at;
    const fields: Field[] = [];
    let end = ',';
    while (end === ',') {
      FIELD.lastIndex = at;
      const found = FIELD.exec(text);
      if (found === null) return undefined;
      const [, quoted, plain] = found;
      fields.push(quoted === undefined ? meaningOf(plain ?? '') : quoted.replaceAll('""', '"'));
      end = found[3] ?? '';
      at = FIELD.lastIndex;
    }
    const raw = text.slice(start, at - end.length);
    if (fields.length > 1 || fields[0] !== undefined) records.push({ fields, raw, line });
    line += text.slice(start, at).split('\n').length - 1;
  }
  return records;
}

function meaningOf(plain: string): Field {
  if (plain === '') return undefined;
  return plain === '\\N' ? null : plain;
}
