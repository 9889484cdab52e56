import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { COLLECTOR_PROBLEMS } from '../../edgeworker/src/collector-answer.ts';
import { DEAD_LETTER_REASONS } from '../../functions/replay/replay-queue.ts';
import { BATCH_CODES, IDENTITY_CODES, ROW_CODES } from '../../functions/shared/codes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = read('README.md');
const ERRORS = read('docs/errors.md');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...markdownUnder('docs')];

describe('the table of errors', () => {
  test('explains every code of a batch, and no other, with the status and the retry that ingest answers', () => {
    const expected = Object.entries(BATCH_CODES).map(([code, { status, retryable }]) => ({
      code,
      status: String(status),
      retryable: retryable ? 'yes' : 'no',
    }));

    const explained = rowsUnder('Batch').map(({ code, status, retryable }) => ({ code, status, retryable }));

    expect(explained).toEqual(expected);
  });

  test('explains every code of an identity, each as the 403 that the gateway answers', () => {
    const rows = rowsUnder('Identity');

    expect(rows.map(({ code }) => code)).toEqual(IDENTITY_CODES);
    for (const { status, by, retryable } of rows) expect([status, by, retryable]).toEqual(['403', 'gateway', 'no']);
  });

  test('explains every code of a row, each as kept in quarantine', () => {
    const rows = rowsUnder('Rows');

    expect(rows.map(({ code }) => code)).toEqual(ROW_CODES);
    for (const { kept } of rows) expect(kept).toContain('`quarantine`');
  });

  test('explains every code of the collector, with the status and the retry that it answers', () => {
    const expected = Object.entries(COLLECTOR_PROBLEMS).map(
      ([code, { status, retryable }]) => `${code} ${status} ${retryable ? 'yes' : 'no'}`,
    );

    expect(
      rowsUnder('Collector')
        .map(({ code, status, retryable }) => `${code} ${status} ${retryable}`)
        .sort(),
    ).toEqual(expected.sort());
  });

  test('explains every reason of a dead letter', () => {
    expect(rowsUnder('Dead letters').map(({ code }) => code)).toEqual(DEAD_LETTER_REASONS);
  });

  test('says what to do about each code', () => {
    const rows = ['Batch', 'Identity', 'Rows'].flatMap(rowsUnder);

    for (const { code, next } of rows) expect(`${code}: ${next}`).toMatch(/: \S.*\.$/);
  });

  // The `type` of a problem+json answer ends in `docs/errors.md#<code in lower case>`.
  test.each(Object.keys(BATCH_CODES))('has a place for the link that an answer with %s gives', (code) => {
    const anchor = `<a id="${code.toLowerCase()}"></a>\`${code}\``;

    expect(ERRORS.split(anchor)).toHaveLength(2);
  });
});

describe('the README', () => {
  test('has at most 150 lines', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  test('names only npm scripts that exist', () => {
    const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));

    const named = [...README.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short);

    expect(named.length).toBeGreaterThan(0);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});

test.each(PAGES)('every relative link of %s leads to a file', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);

  const broken = targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)));

  expect(broken).toEqual([]);
});

test.each(PAGES)('every link of %s to a section leads to one', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)];

  const broken = links.flatMap(([, file = '', section = '']) => {
    const target = file === '' ? page : join(dirname(page), file);
    return target.endsWith('.md') && !sectionsOf(target).has(section) ? [`${target}#${section}`] : [];
  });

  expect(broken).toEqual([]);
});

/** As GitHub names headings, and places that have a name of their own. */
function sectionsOf(page: string): ReadonlySet<string> {
  const text = read(page);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...headings, ...named]);
}

interface ErrorRow {
  readonly code: string;
  readonly status: string;
  readonly by: string;
  readonly retryable: string;
  readonly kept: string;
  readonly next: string;
}

/** The rows of the table of codes under a heading: those whose first cell is a code. */
function rowsUnder(heading: string): readonly ErrorRow[] {
  const section = ERRORS.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').flatMap((line) => {
    const [first = '', status = '', by = '', retryable = '', kept = '', next = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const code = /`([A-Z_]+)`$/.exec(first)?.[1];
    return code === undefined ? [] : [{ code, status, by, retryable, kept, next }];
  });
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function markdownUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
