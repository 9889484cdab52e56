import { readEnumMember, readNamedType, readTypeName } from '../functions/ingest/column-types/type-name.ts';
import type { Contract } from '../functions/ingest/contract.ts';

export interface RowTypeOptions {
  readonly stream: string;
  readonly contract: Pick<Contract, 'columns'>;
  /** Columns whose value the collector replaces by its own. */
  readonly replaced: ReadonlySet<string>;
}

/** The type of a row that a sender gives, as a TypeScript module: every column that can be sent, with what ingest takes for it. */
export function rowType({ stream, contract, replaced }: RowTypeOptions): string {
  const name = `${stream.replaceAll(/(?:^|_)([a-z0-9])/g, (_all, first: string) => first.toUpperCase())}Row`;
  const members = contract.columns.flatMap((column) => {
    if (column.kind === 'stamp') return [];
    if (column.kind === 'rest')
      return ['  /** Fields without a column of their own are kept too. */', '  readonly [field: string]: unknown;'];
    const said = `${commentText(column.typeName)}${replaced.has(column.name) ? '. The collector sets it: what a page says is replaced' : ''}`;
    // A column without a default gets one from nowhere, unless it can be NULL.
    const optional = column.hasDefault || column.type.nullable ? '?' : '';
    return [`  /** ${said}. */`, `  readonly ${memberName(column.name)}${optional}: ${valueType(column.typeName)};`];
  });
  return [
    `// Made by \`edgehouse types --stream ${stream}\`. Make it again when the table has changed.`,
    '',
    `/** A row of the stream \`${stream}\`, as a sender gives it. */`,
    `export interface ${name} {`,
    ...members,
    '}',
  ].join('\n');
}

/** What ingest takes for a type (docs/formats.md), in the words of TypeScript. */
function valueType(typeName: string): string {
  const { name, args } = readTypeName(typeName) ?? { name: '', args: [] };
  const [first = '', second = ''] = args;
  switch (name) {
    case 'Nullable':
      return `${valueType(first)} | null`;
    case 'LowCardinality':
      return valueType(first);
    case 'Array':
      return `readonly (${valueType(first)})[]`;
    case 'Nested':
      return `readonly (${tupleType(args)})[]`;
    case 'Map':
      return `{ readonly [name: string]: ${valueType(second)} }`;
    case 'Tuple':
      return tupleType(args);
    case 'Enum8':
    case 'Enum16':
      return args.map((member) => JSON.stringify(readEnumMember(member)?.name ?? '')).join(' | ');
    case 'JSON':
      return '{ readonly [field: string]: unknown }';
    case 'Bool':
      return 'boolean';
    default:
      return scalarType(name);
  }
}

/** From 64 bits on, and with decimals, a number of JavaScript may lose digits: text keeps them. */
function scalarType(name: string): string {
  if (/^(U?Int(8|16|32)|Float(32|64))$/.test(name)) return 'number';
  return /^(U?Int(64|128|256)|Decimal)$/.test(name) ? 'number | string' : 'string';
}

/** An array of its elements; where they have names an object does as well. */
function tupleType(args: readonly string[]): string {
  const elements = args.map((arg) => readNamedType(arg) ?? { name: undefined, type: arg });
  const list = `readonly [${elements.map(({ type }) => valueType(type)).join(', ')}]`;
  const members = elements.flatMap(({ name, type }) => {
    const optional = readTypeName(type)?.name === 'Nullable' ? '?' : '';
    return name === undefined ? [] : [`readonly ${memberName(name)}${optional}: ${valueType(type)}`];
  });
  return members.length === elements.length ? `${list} | { ${members.join('; ')} }` : list;
}

function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Names of an Enum may hold anything. */
function commentText(typeName: string): string {
  return typeName.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ');
}
