import { parseSync } from '@swc/core';

/** What an ES module imports, exports and touches, read from its syntax without running it. */
export interface ModuleFacts {
  /** Specifiers of static imports and re-exports. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Every name that is declared or referred to; names of members are none. */
  readonly names: ReadonlySet<string>;
  /** Syntax that reaches outside the module at run time: `import()` and `import.meta`. */
  readonly dynamic: readonly string[];
  /** Kinds of syntax that do something while the module loads, such as `CallExpression`. */
  readonly loadTimeWork: readonly string[];
}

/** @throws Error where the text is no ES module */
export function readModule(code: string): ModuleFacts {
  const { body, interpreter } = parseSync(code, { syntax: 'ecmascript', target: 'es2022' });
  const nodes = body.flatMap((item) => [...walk(item, () => true)]);
  return {
    imports: nodes.filter(({ type }) => IMPORTING.has(type)).flatMap(({ source }) => textOf(source)),
    exports: body.flatMap((item) => [...walk(item, () => false)].flatMap(exportedNames)),
    // The parser gives `optional` to identifiers that stand for a variable, not to names of members.
    names: new Set(nodes.filter((node) => node.type === 'Identifier' && 'optional' in node).flatMap(textOf)),
    dynamic: nodes.filter(({ type }) => type === 'Import' || type === 'MetaProperty').map(({ type }) => type),
    loadTimeWork: [
      ...(interpreter ? ['Hashbang'] : []),
      ...body.filter(({ type }) => !DECLARATIONS.has(type)).map(({ type }) => type),
      ...body.flatMap((item) => [...walk(item, runsAtLoad)].map(({ type }) => type).filter((type) => WORK.has(type))),
    ],
  };
}

interface SyntaxNode extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

const IMPORTING = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration']);
const DECLARATIONS = new Set([
  ...IMPORTING,
  'ExportDeclaration',
  'FunctionDeclaration',
  'ClassDeclaration',
  'VariableDeclaration',
]);
/** Reading a member is work too: it runs a getter, or fails on undefined. */
const WORK = new Set([
  'AssignmentExpression',
  'AwaitExpression',
  'CallExpression',
  'MemberExpression',
  'NewExpression',
  'OptionalChainingExpression',
  'SpreadElement',
  'StaticBlock',
  'TaggedTemplateExpression',
  'UpdateExpression',
]);
const FUNCTIONS = new Set([
  'ArrowFunctionExpression',
  'ClassMethod',
  'Constructor',
  'FunctionDeclaration',
  'FunctionExpression',
  'GetterProperty',
  'MethodProperty',
  'PrivateMethod',
  'SetterProperty',
]);
const FIELDS = new Set(['ClassProperty', 'PrivateProperty']);

/** Of functions and of fields of instances, only a computed key is evaluated where they are declared. */
function runsAtLoad(parent: SyntaxNode, member: string): boolean {
  const later = FUNCTIONS.has(parent.type) || (FIELDS.has(parent.type) && parent['isStatic'] !== true);
  return !later || member === 'key';
}

/** A node and all below it, as far as `enters` lets it. */
function* walk(value: unknown, enters: (parent: SyntaxNode, member: string) => boolean): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item, enters);
  } else if (isRecord(value)) {
    const node = isNode(value) ? value : undefined;
    if (node !== undefined) yield node;
    for (const [member, child] of Object.entries(value)) {
      if (node === undefined || enters(node, member)) yield* walk(child, enters);
    }
  }
}

function exportedNames(node: SyntaxNode): readonly string[] {
  switch (node.type) {
    case 'ExportDeclaration':
      return declaredNames(node['declaration']);
    case 'ExportNamedDeclaration':
      return listOf(node['specifiers']).flatMap((specifier) =>
        textOf(specifier['exported'] ?? specifier['orig'] ?? specifier['name']),
      );
    case 'ExportAllDeclaration':
      return ['*'];
    case 'ExportDefaultDeclaration':
    case 'ExportDefaultExpression':
      return ['default'];
    default:
      return [];
  }
}

function declaredNames(declaration: unknown): readonly string[] {
  if (!isRecord(declaration)) return [];
  const variables = listOf(declaration['declarations']).flatMap(({ id }) => [...walk(id, () => true)]);
  return [...textOf(declaration['identifier']), ...variables.flatMap(textOf)];
}

function textOf(node: unknown): readonly string[] {
  return isRecord(node) && typeof node['value'] === 'string' ? [node['value']] : [];
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isNode(value: Readonly<Record<string, unknown>>): value is SyntaxNode {
  return typeof value['type'] === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
