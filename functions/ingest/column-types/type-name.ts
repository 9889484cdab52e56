/** A type name as `system.columns` writes it, taken apart: `Map(String, UInt8)` is `Map` with two arguments. */
export interface TypeName {
  readonly name: string;
  /** The arguments' own texts: types, numbers, quoted strings, names with types. */
  readonly args: readonly string[];
}

/** @returns undefined where the text is not a type name */
export function readTypeName(text: string): TypeName | undefined {
  const form = /^(\w+)(?:\((.*)\))?$/s.exec(text);
  if (form?.[1] === undefined) return undefined;
  const args = form[2] === undefined ? [] : splitArguments(form[2]);
  return args === undefined ? undefined : { name: form[1], args };
}

/** The element of a named Tuple or the typed path of a JSON column: `a.b UInt32`, `` `odd name` String ``. */
export function readNamedType(text: string): { readonly name: string; readonly type: string } | undefined {
  const form = /^(?:`((?:[^`\\]|\\.)*)`|([A-Za-z_][\w.]*)) (.+)$/s.exec(text);
  if (form?.[3] === undefined) return undefined;
  return { name: form[1] === undefined ? (form[2] ?? '') : readEscapes(form[1]), type: form[3] };
}

/** A member of an Enum: `'name' = 1`. */
export function readEnumMember(text: string): { readonly name: string; readonly value: number } | undefined {
  const form = /^'((?:[^'\\]|\\.)*)' = (-?\d+)$/s.exec(text);
  if (form?.[1] === undefined) return undefined;
  return { name: readEscapes(form[1]), value: Number(form[2]) };
}

/** Cuts at commas outside of brackets and quotes. */
function splitArguments(text: string): readonly string[] | undefined {
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (unit === "'" || unit === '`') {
      at = endOfQuoted(text, at, unit);
    } else if (unit === '(') depth++;
    else if (unit === ')') depth--;
    else if (unit === ',' && depth === 0) {
      args.push(text.slice(start, at).trim());
      start = at + 1;
    }
    if (depth < 0) return undefined;
  }
  args.push(text.slice(start).trim());
  return depth === 0 ? args : undefined;
}

function endOfQuoted(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  0: '\0',
  b: '\b',
  f: '\f',
  a: '\x07',
  v: '\v',
};

/** ClickHouse's backslash escapes (https://clickhouse.com/docs/sql-reference/syntax#string). */
export function readEscapes(text: string): string {
  return text.replace(/\\(.)/gs, (_all, unit: string) => ESCAPES[unit] ?? unit);
}
