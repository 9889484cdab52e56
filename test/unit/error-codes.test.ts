import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DEAD_LETTER_REASONS } from '../../functions/replay/replay-queue.ts';
import {
  type RotationRefusal,
  RotationRefusedError,
} from '../../functions/rotation/rotate-database-user/rotation-refused-error.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HEADING = 'Log of the functions';

const ROTATION_PAGE = readFileSync(join(ROOT, 'docs/rotation.md'), 'utf8');

const EVERY_REFUSAL: Readonly<Record<RotationRefusal, true>> = {
  'rotation disabled': true,
  'version unknown': true,
  'version not pending': true,
  'no current version': true,
  'no pending value': true,
  'value malformed': true,
  'other user or host': true,
  'password not new': true,
  'user unknown': true,
  'administrator of another host': true,
  'user is the administrator': true,
  'current password refused': true,
  'pending password refused': true,
};
const REFUSALS = Object.keys(EVERY_REFUSAL).filter((reason): reason is RotationRefusal => reason in EVERY_REFUSAL);

/** A code of an error class, and whether the class says that it passes; undefined where that depends on the case. */
interface DeclaredCode {
  readonly code: string;
  readonly retryable: boolean | undefined;
}

describe('the codes of errors that functions log', () => {
  test('are found at all, also where a class has several', () => {
    const declared = declaredCodes(SAMPLE);

    expect(declared).toEqual([
      { code: 'ONE', retryable: true },
      { code: 'TWO', retryable: undefined },
      { code: 'THREE', retryable: undefined },
    ]);
    expect(DECLARED.length).toBeGreaterThan(20);
  });

  test('are each explained once, and no other', () => {
    const codes = new Set(DECLARED.map(({ code }) => code));
    const elsewhere = new Set<string>(DEAD_LETTER_REASONS);

    const explained = ROWS.map(({ code }) => code);

    expect(explained.toSorted()).toEqual([...codes].filter((code) => !elsewhere.has(code)).toSorted());
  });

  test('are said to pass by themselves where their class says so', () => {
    const known = new Map(DECLARED.map(({ code, retryable }) => [code, retryable]));

    for (const { code, passes } of ROWS) {
      const retryable = known.get(code);
      if (retryable !== undefined) expect(`${code}: ${passes}`).toBe(`${code}: ${retryable ? 'yes' : 'no'}`);
      expect(`${code}: ${passes}`).toMatch(/: (yes|no|some)$/);
    }
  });

  test('come with what to do', () => {
    for (const { code, meaning, next } of ROWS) expect(`${code}: ${meaning} ${next}`).toMatch(/: \S.*\. \S.*\.$/);
  });
});

test.each(REFUSALS)('a rotation that was refused (%s) finds its words in the page on rotation', (reason) => {
  const [, words = ''] = /was not rotated: (.*?)\. [A-Z]/.exec(new RotationRefusedError('s', reason).message) ?? [];

  expect(words).not.toBe('');
  expect(ROTATION_PAGE).toContain(`| ${words} `);
});

const SAMPLE = `
export type Code = 'TWO' | 'THREE';
class A extends Error {
  readonly code = 'ONE';
  readonly retryable = true;
}
class B extends Error {
  readonly code: Code;
  readonly retryable: boolean;
}
`;

/** Codes of classes; those of answers are types of other files, with tables of their own. */
function declaredCodes(source: string): readonly DeclaredCode[] {
  return [...source.matchAll(/^(?:export )?class [^{]+\{\n([\s\S]*?)^\}/gm)].flatMap(([, body = '']) => {
    const said = /readonly retryable = (true|false);/.exec(body)?.[1];
    const retryable = said === undefined ? undefined : said === 'true';
    const code = /readonly code = '([A-Z_]+)';/.exec(body)?.[1];
    if (code !== undefined) return [{ code, retryable }];
    const type = /readonly code: (\w+);/.exec(body)?.[1];
    const union = new RegExp(`type ${type} =([^;]+);`).exec(source)?.[1] ?? '';
    return [...union.matchAll(/'([A-Z_]+)'/g)].map(([, word = '']) => ({ code: word, retryable }));
  });
}

const DECLARED: readonly DeclaredCode[] = readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => declaredCodes(readFileSync(join(ROOT, 'functions', file), 'utf8')));

const ROWS = rowsUnder(HEADING);

function rowsUnder(heading: string) {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').flatMap((line) => {
    const [first = '', meaning = '', passes = '', next = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const code = /^`([A-Z_]+)`$/.exec(first)?.[1];
    return code === undefined ? [] : [{ code, meaning, passes, next }];
  });
}
