import fc from 'fast-check';
import { JSON_VALUES } from '../../integration/support/typed-values.ts';
import { type FuzzColumn, type FuzzTable, valuesOf } from './fuzz-tables.ts';

/** The members of a row as texts: names in quotes, values in JSON. */
export type Members = readonly (readonly [name: string, value: string])[];

const quoted = (text: string) => JSON.stringify(text);

/** A required column has a good value mostly; else no row would be good. */
function valueFor({ name, type, kind }: FuzzColumn): fc.Arbitrary<string> {
  const json =
    type === 'JSON' ? JSON_VALUES : (valuesOf(type) ?? fc.constantFrom('0', '200', '65535', '65536', '-1', '1.0'));
  if (kind !== 'required') return fc.oneof({ weight: 9, arbitrary: json }, fc.constant('null'));
  return fc.oneof({ weight: 9, arbitrary: goodValue(name, type) }, json);
}

function goodValue(name: string, type: string): fc.Arbitrary<string> {
  if (type === 'UInt64') return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
  if (type !== 'String')
    return fc
      .date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
      .map((at) => quoted(at.toISOString()));
  return fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }).map(quoted),
    fc.constantFrom(quoted(`/${name}`), '"\\u002f\\ud83d\\ude00"', '"a\\u0000b"', '"\\"q\\",\\n"', '"it\'s\\t"'),
  );
}

/** Names that no column has, or that none may have. */
const OTHER_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '_row',
  '_ROW',
  '_batch_id',
  'Name',
  'naïve',
  'loud',
  'more',
  'a.b',
  'a',
  '',
  ' name',
  '7',
  'n'.repeat(200),
] as const;

function members(count: number): string {
  return Array.from({ length: count }, (_, at) => `"${at}":1`).join(',');
}

const OTHER_VALUES = [
  '1',
  '"x"',
  'null',
  '{}',
  '[]',
  '{"name":"a"}',
  '1e999',
  '"\\ud800"',
  '123456789012345678901234567890',
  '0.10000000000000000555',
  '[[[[[[[[[[[[]]]]]]]]]]]]',
  `${'['.repeat(70)}${']'.repeat(70)}`,
  `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`,
  quoted('y'.repeat(700)),
  '9'.repeat(300),
  `-${'9'.repeat(300)}`,
  `[${'{},'.repeat(30)}[],[{}],[[1],[1],[]]]`,
  // As long as it may be for so many, and longer.
  ...[60, 90].map((units) => `{"${'n'.repeat(units)}":{${members(40)}}}`),
  `{"${'n'.repeat(300)}":{"a":1}}`,
  `{"${'a.'.repeat(62)}a":{"${'b.'.repeat(62)}b":{"a":1,"a.b":{}}}}`,
  '{"a":{},"a.b":1,"a.b.c":null}',
  '{"a.b":{},"a":{"c":1}}',
] as const;

const otherMember = fc.tuple(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...OTHER_NAMES).map(quoted) },
    fc.constantFrom('"\\u005frow"', '"\\ud800"', '"\\u0000"'),
  ),
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...OTHER_VALUES) }, fc.json({ maxDepth: 3 })),
);

/** A row of the table: what it needs, some of the rest, seldom what it may not have, a name twice or one left out. */
export function membersFor({ columns }: FuzzTable): fc.Arbitrary<Members> {
  const needed = columns.filter(({ kind }) => kind === 'required');
  const more = columns.filter(({ kind }) => kind === 'nullable' || kind === 'defaulted');
  const member = (column: FuzzColumn) => valueFor(column).map((value) => [quoted(column.name), value] as const);
  const optional = fc.oneof(...more.map(member));
  return fc
    .tuple(
      fc.tuple(...needed.map(member)),
      fc.uniqueArray(optional, { maxLength: 4, selector: ([name]) => name }),
      seldom(12, fc.array(otherMember, { minLength: 1, maxLength: 3 }), []),
      seldom(20, fc.nat(5), -1),
      seldom(20, fc.oneof(...columns.map(member)), undefined),
    )
    .map(([first, rest, other, without, again]) => {
      const kept = first.filter((_member, at) => at !== without);
      return [...kept, ...rest, ...other, ...(again === undefined ? [] : [again])];
    });
}

/** Once in so many times, else `usual`. */
export function seldom<T, U>(times: number, arbitrary: fc.Arbitrary<T>, usual: U): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });
}

const gap = fc.constantFrom('', '', '', ' ', '\t', '  ');

/** A row as JSON text; seldom something else, or one that is larger than a row may be. */
export function jsonRow(table: FuzzTable): fc.Arbitrary<string> {
  const object = fc
    .tuple(membersFor(table), gap, gap)
    .map(
      ([members, before, after]) =>
        `{${members.map(([name, value]) => `${before}${name}:${after}${value}`).join(',')}${after}}`,
    );
  const odd = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.constantFrom('{}', 'null', '[]', '1', '"{}"', '[{}]'),
    fc
      .tuple(object, fc.integer({ min: 300, max: 500 }))
      .map(([row, size]) => `${row.slice(0, -1)}${' '.repeat(size)}}`),
  );
  return fc.oneof({ weight: 24, arbitrary: object }, odd);
}
