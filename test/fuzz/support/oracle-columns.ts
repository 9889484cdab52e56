// docs/formats.md, "Types", written down a second time: what a column makes of a JSON value, as a text that the value read back must give too.

import { DECLARED_JSON } from '../../integration/support/typed-values.ts';
import { type Code, documentOf, isWellFormed } from './oracle-document.ts';
import { Digits, type Json, readJson } from './oracle-json.ts';
import { addressOf, faultOfDay, isIpv4, secondsOf } from './oracle-texts.ts';

/** All that is wrong, of which one is told. `or`: a refusal that no page promises; the value may be stored as this too. */
export type Judged = { readonly stored: string } | { readonly codes: readonly Code[]; readonly or?: string };

export interface OracleType {
  judge(value: Json): Judged;
  /** What was read back of the column (JSONEachRow), in the form of `judge`. */
  read(value: Json): string;
  /** What a CSV field with this text says. */
  fromText(text: string): Json;
}

/** No text that is sent. */
export const NULL = '\u{10ffff}NULL';

const TYPE: Judged = { codes: ['FIELD_TYPE'] };
const RANGE: Judged = { codes: ['FIELD_RANGE'] };
const stored = (text: string): Judged => ({ stored: text });

function plain(judge: (value: Json) => Judged, parts: Partial<Omit<OracleType, 'judge'>> = {}): OracleType {
  return { judge, read: String, fromText: (text) => text, ...parts };
}

/** A column of texts alone. */
function texts(judge: (value: string) => Judged, read?: (value: Json) => string): OracleType {
  return plain((value) => (typeof value === 'string' ? judge(value) : TYPE), read === undefined ? {} : { read });
}

const digitsOf = (value: Json): string => (value instanceof Digits ? value.text : String(value));

function integer(bits: number, signed: boolean): OracleType {
  const most = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const least = signed ? -most - 1n : 0n;
  const inRange = (exact: bigint): Judged => (exact < least || exact > most ? RANGE : stored(String(exact)));
  const isWide = bits >= 64;
  const judge = (value: Json): Judged => {
    if (isWide && typeof value === 'string') {
      return new RegExp(`^-?\\d{1,${String(most).length}}$`).test(value) ? inRange(BigInt(value)) : TYPE;
    }
    if (!(value instanceof Digits)) return TYPE;
    const double = Number(value.text);
    if (!isWide) return Number.isInteger(double) ? inRange(BigInt(double)) : TYPE;
    if (/^-?\d+$/.test(value.text)) {
      const exact = BigInt(value.text);
      // So many digits are no integer of the type at all.
      return value.text.replace('-', '').length > String(most).length ? TYPE : inRange(exact);
    }
    if (!Number.isInteger(double)) return TYPE;
    // Of a double beyond 2^53 nobody knows which integer was meant.
    return Number.isSafeInteger(double) ? inRange(BigInt(double)) : RANGE;
  };
  const fromText = (text: string): Json => (!isWide && /^-?\d{1,15}$/.test(text) ? new Digits(text) : text);
  return plain(judge, { read: digitsOf, fromText });
}

function float(round: (value: number) => number): OracleType {
  const judge = (value: Json): Judged => {
    if (!(value instanceof Digits)) return TYPE;
    const rounded = round(Number(value.text));
    return Number.isFinite(rounded) ? stored(floatText(rounded)) : RANGE;
  };
  const form = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
  return plain(judge, {
    read: (value) => floatText(round(Number(digitsOf(value)))),
    fromText: (text) => (form.test(text) ? new Digits(text) : text),
  });
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function decimal(precision: number, scale: number): OracleType {
  const judge = (value: Json): Judged => {
    if (!(value instanceof Digits) && typeof value !== 'string') return TYPE;
    // Up to 15 digits, a number is the double that it is.
    const text = value instanceof Digits && precision <= 15 ? String(Number(value.text)) : digitsOf(value);
    const form = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
    if (form === null) return value instanceof Digits ? RANGE : TYPE;
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = form;
    const digits = BigInt(`${whole}${fraction}`);
    if (digits === 0n) return stored('0');
    const places = fraction.length - Number(exponent);
    const unscaled = digits * 10n ** BigInt(Math.max(scale - places, 0));
    const divisor = 10n ** BigInt(Math.max(places - scale, 0));
    if (unscaled % divisor !== 0n || unscaled / divisor >= 10n ** BigInt(precision)) return RANGE;
    return stored(`${sign}${unscaled / divisor}`);
  };
  const read = (value: Json): string => {
    const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)\.?(\d*)$/.exec(digitsOf(value)) ?? [];
    const unscaled = BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
    return unscaled === 0n ? '0' : `${sign}${unscaled}`;
  };
  return plain(judge, { read });
}

function bool(): OracleType {
  const words: Readonly<Record<string, boolean>> = { '1': true, '0': false, true: true, false: false };
  return plain((value) => (typeof value === 'boolean' ? stored(String(value)) : TYPE), {
    fromText: (text) => (Object.hasOwn(words, text.toLowerCase()) ? (words[text.toLowerCase()] ?? null) : text),
  });
}

const string = texts((value) => (isWellFormed(value) ? stored(value) : TYPE));

function fixedString(size: number): OracleType {
  return texts((value) => {
    if (!isWellFormed(value)) return TYPE;
    const bytes = new TextEncoder().encode(value).length;
    return bytes > size ? RANGE : stored(value + '\0'.repeat(size - bytes));
  });
}

function enumeration(names: readonly string[]): OracleType {
  return texts((value) => (names.includes(value) ? stored(value) : RANGE));
}

function time(decimals: number, least: number, most: number): OracleType {
  const judge = (value: string): Judged => {
    const seconds = secondsOf(value, decimals);
    if (typeof seconds === 'string') return { codes: [seconds] };
    return seconds.whole < least || seconds.whole > most ? RANGE : stored(`${seconds.whole}.${seconds.fraction}`);
  };
  // Read back with `date_time_output_format = 'iso'`.
  const read = (value: Json): string => {
    const seconds = secondsOf(String(value), decimals);
    return typeof seconds === 'string' ? seconds : `${seconds.whole}.${seconds.fraction}`;
  };
  return texts(judge, read);
}

function date(least: string, most: string): OracleType {
  return texts((value) => {
    const code = faultOfDay(value);
    if (code !== undefined) return { codes: [code] };
    return value < least || value > most ? RANGE : stored(value);
  });
}

export function nullable(inner: OracleType): OracleType {
  const either = (value: Json, use: (value: Json) => Judged): Judged => (value === null ? stored(NULL) : use(value));
  return {
    ...inner,
    judge: (value) => either(value, inner.judge),
    read: (value) => (value === null ? NULL : inner.read(value)),
  };
}

/** The parts in order, or all that is wrong with them. */
function all(parts: readonly Judged[]): Judged {
  const faults = parts.filter((part) => 'codes' in part);
  const codes = [...new Set(faults.flatMap((fault) => fault.codes))];
  const text = JSON.stringify(parts.map((part) => ('codes' in part ? part.or : part.stored)));
  if (faults.length === 0) return stored(text);
  return faults.every(({ or }) => or !== undefined) ? { codes, or: text } : { codes };
}

function array(element: OracleType): OracleType {
  return plain((value) => (Array.isArray(value) ? all(value.map(element.judge)) : TYPE), {
    read: (value) => JSON.stringify(Array.isArray(value) ? value.map(element.read) : value),
  });
}

/** Its pairs in order of their texts: names that look like array indices come first in JavaScript. */
function map(key: OracleType, element: OracleType): OracleType {
  const judge = (value: Json): Judged => {
    if (!(value instanceof Map)) return TYPE;
    const pairs = [...value].map(([name, item]) => all([key.judge(key.fromText(name)), element.judge(item)]));
    return all(pairs.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
  };
  const read = (value: Json): string => {
    const pairs =
      value instanceof Map ? [...value].map(([name, item]) => JSON.stringify([name, element.read(item)])) : [];
    return JSON.stringify(pairs.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
  };
  return plain(judge, { read });
}

function tuple(elements: Readonly<Record<string, OracleType>>, absent: readonly string[] = []): OracleType {
  const types = Object.values(elements);
  const judge = (value: Json): Judged => {
    if (Array.isArray(value)) {
      return value.length === types.length ? all(types.map((type, at) => type.judge(value[at]))) : TYPE;
    }
    if (!(value instanceof Map) || [...value.keys()].some((name) => !Object.hasOwn(elements, name))) return TYPE;
    return all(
      Object.entries(elements).map(([name, type]): Judged => {
        const member = value.get(name);
        return member === undefined ? (absent.includes(name) ? stored(NULL) : TYPE) : type.judge(member);
      }),
    );
  };
  const read = (value: Json): string =>
    JSON.stringify(
      value instanceof Map ? Object.entries(elements).map(([name, type]) => type.read(value.get(name) ?? null)) : value,
    );
  return plain(judge, { read });
}

/** @param declared the types of its paths, and what each reads as where it is absent */
function document(
  declared: Readonly<Record<string, readonly [type: OracleType, absent: string]>> = {},
  skipped: readonly string[] = [],
): OracleType {
  const paths = (use: (type: OracleType) => OracleType['judge']) =>
    new Map(Object.entries(declared).map(([path, [type, absent]]) => [path, { judge: use(type), absent }]));
  const [sent, found] = [
    paths(({ judge }) => judge),
    paths(
      ({ read }) =>
        (value) =>
          stored(read(value)),
    ),
  ];
  const judge = (value: Json): Judged => {
    const { text, codes } = documentOf(value, sent, skipped);
    return codes.length > 0 ? { codes } : stored(text);
  };
  return plain(judge, {
    read: (value) => documentOf(value, found).text,
    fromText: (text) => readJson(text) ?? text,
  });
}

const SECONDS_1900 = Date.UTC(1900, 0, 1) / 1000;
const SECONDS_2300 = Date.UTC(2300, 0, 1) / 1000;
const LONG_DATE = date('1900-01-01', '2299-12-31');
const uuid = texts((value) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? stored(value.toLowerCase()) : TYPE,
);
const LONG_TIME = time(3, SECONDS_1900, SECONDS_2300 - 1);

/** The types of the tables that are written to, as `typed-values.ts` calls them. */
export const ORACLE_TYPES: Readonly<Record<string, OracleType>> = {
  UInt16: integer(16, false),
  UInt32: integer(32, false),
  Int8: integer(8, true),
  UInt64: integer(64, false),
  Int64: integer(64, true),
  Int128: integer(128, true),
  Float32: float(Math.fround),
  Float64: float((value) => value),
  'Decimal(18, 6)': decimal(18, 6),
  Bool: bool(),
  String: string,
  'FixedString(8)': fixedString(8),
  UUID: uuid,
  IPv4: texts((value) => (isIpv4(value) ? stored(value) : TYPE)),
  IPv6: texts(
    (value) => {
      const address = addressOf(value);
      return address === undefined ? TYPE : stored(address);
    },
    (value) => addressOf(String(value)) ?? 'no address',
  ),
  Date32: LONG_DATE,
  "DateTime('America/New_York')": time(0, 0, 0xffff_ffff),
  "DateTime64(3, 'UTC')": LONG_TIME,
  "Enum8('a' = 1, 'it\\'s' = -128, 'b, c' = 127, '\\\\' = 0)": enumeration(['a', "it's", 'b, c', '\\']),
  'Array(Nullable(String))': array(nullable(string)),
  'Array(Array(Int128))': array(array(integer(128, true))),
  'Map(String, UInt8)': map(string, integer(8, false)),
  'Tuple(id UInt64, `odd name` Nullable(String), at Tuple(lat Float64, lon Float64))': tuple(
    {
      id: integer(64, false),
      'odd name': nullable(string),
      at: tuple({ lat: float((value) => value), lon: float((value) => value) }),
    },
    ['odd name'],
  ),
  JSON: document(),
  [DECLARED_JSON]: document(
    {
      price: [decimal(9, 2), '0'],
      'user.id': [uuid, '00000000-0000-0000-0000-000000000000'],
      'user.more.at': [LONG_TIME, '0.000'],
      n: [integer(64, false), '0'],
      ratio: [float((value) => value), '0'],
      note: [nullable(string), NULL],
      low: [string, ''],
      flag: [bool(), 'false'],
      day: [LONG_DATE, '1970-01-01'],
      kind: [enumeration(['a', "it's"]), "it's"],
      tags: [array(nullable(string)), '[]'],
      pair: [tuple({ id: integer(64, false), lat: float((value) => value) }), '["0","0"]'],
    },
    ['secret'],
  ),
};
