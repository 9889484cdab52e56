import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rowType } from '../../../cli/row-type.ts';
import { compileContract, STAMPED_COLUMNS } from '../../../functions/ingest/contract.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function typeOf(
  columns: Readonly<Record<string, string>>,
  options: { readonly rest?: string; replaced?: string } = {},
) {
  const described = Object.entries(columns).map(([name, sql]) => {
    const [type = '', defaultKind = ''] = sql.split(' := ');
    return { name, type, defaultKind };
  });
  const stamps = STAMPED_COLUMNS.map((name) => ({ name, type: 'String', defaultKind: '' }));
  const contract = compileContract('clicks', [...described, ...stamps], options.rest);
  return rowType({ stream: 'page_clicks', contract, replaced: new Set([options.replaced ?? '']) });
}

describe('the type of a row', () => {
  test('has every column that can be sent, and asks for those that get no value otherwise', () => {
    const text = typeOf(
      {
        at: 'DateTime',
        note: 'Nullable(String)',
        kind: 'LowCardinality(String) := DEFAULT',
        made: 'String := MATERIALIZED',
      },
      { replaced: 'note' },
    );

    expect(text.split('\n').slice(2)).toEqual([
      '/** A row of the stream `page_clicks`, as a sender gives it. */',
      'export interface PageClicksRow {',
      '  /** DateTime. */',
      '  readonly at: string;',
      '  /** Nullable(String). The collector sets it: what a page says is replaced. */',
      '  readonly note?: string | null;',
      '  /** LowCardinality(String). */',
      '  readonly kind?: string;',
      '}',
    ]);
  });

  test('takes any field where the stream keeps those that it does not know', () => {
    const text = typeOf({ a: 'UInt8', more: 'JSON' }, { rest: 'more' });

    expect(text).toContain('  readonly [field: string]: unknown;');
    expect(text).not.toContain('readonly more');
  });
});

describe('the compiler', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-types-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('takes from an author what ingest takes, and nothing else', () => {
    const columns: readonly (readonly [type: string, good: readonly string[], bad: readonly string[]])[] = [
      ['UInt16', ['1'], ['"1"', 'null']],
      ['Int64', ['1', '"9007199254740993"'], ['true']],
      ['Decimal(9, 2)', ['1.5', '"1.50"'], ['[]']],
      ['Float64', ['0.5'], ['"0.5"']],
      ['Bool', ['true'], ['1']],
      ['Nullable(Date)', ['null', '"2026-11-23"'], ['0']],
      ['UUID', ['"0193573e-2c00-7a5b-8c1d-0123456789ab"'], ['1']],
      ['IPv6', ['"::1"'], ['1']],
      ["Enum8('new*/' = 1, 'it\\'s' = 2)", ['"new*/"', '"it\'s"'], ['"old"', '1']],
      ['Array(Nullable(UInt8))', ['[]', '[1, null]'], ['1', '["1"]']],
      ['Map(LowCardinality(String), UInt8)', ['{ a: 1 }', '{}'], ['{ a: "1" }', '[1]']],
      ['Tuple(UInt8, String)', ['[1, "a"]'], ['[1]', '{}']],
      ['Tuple(a UInt8, b Nullable(String))', ['[1, null]', '{ a: 1 }', '{ a: 1, b: "b" }'], ['{ b: "b" }', '[1, 2]']],
      ['JSON(a.b UInt8)', ['{ a: { b: 1 } }'], ['"{}"']],
    ];
    const text = typeOf(Object.fromEntries(columns.map(([type], index) => [`c${index}`, type])));
    const row = `{ ${columns.map(([, [good]], index) => `c${index}: ${good}`).join(', ')} }`;
    const uses = columns.flatMap(([, good, bad], index) => [
      ...good.map((value) => `take({ ...row, c${index}: ${value} });`),
      ...bad.map((value) => `// @ts-expect-error\ntake({ ...row, c${index}: ${value} });`),
    ]);
    const file = join(folder, 'row.ts');
    writeFileSync(
      file,
      `${text}\ndeclare function take(row: PageClicksRow): void;\nconst row: PageClicksRow = ${row};\n${uses.join('\n')}\n`,
    );

    const run = () =>
      execFileSync(
        process.execPath,
        [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--ignoreConfig', '--types', '', file],
        { encoding: 'utf8', stdio: 'pipe' },
      );

    expect(toldBy(run)).toBe('');
  });
});

/** What the compiler says; empty where it finds nothing. */
function toldBy(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String(Object(error).stdout);
  }
}
