import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { USAGE } from '../../../cli/usage.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SECTION =
  readFileSync(join(ROOT, 'docs/edge.md'), 'utf8')
    .split(/^## /m)
    .find((section) => section.startsWith('Shipping\n')) ?? '';
const SHIPS = /^(akamai-api|edge-(activation|bundle|kv|rollback|ship|validate|workers)|edgerc)/;

describe('the page on shipping', () => {
  test('explains every error of a command that ships, and no other', () => {
    const declared = readdirSync(join(ROOT, 'cli'))
      .filter((file) => SHIPS.test(file))
      .flatMap((file) => [...readFileSync(join(ROOT, 'cli', file), 'utf8').matchAll(/readonly code = '(\w+)'/g)])
      .map(([, code]) => code);

    const explained = [...SECTION.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code);

    expect(declared.length).toBeGreaterThan(5);
    expect(explained.toSorted()).toEqual(declared.toSorted());
  });

  test('names the options that the usage has', () => {
    const [usage = ''] = /^ {2}edge validate[\s\S]*?(?=^ {2}edge init-kv)/m.exec(USAGE) ?? [];
    const known = [...usage.matchAll(/ {4,}(--[a-z]+)|, (--[a-z]+)/g)].map(([, first, second]) => first ?? second);

    const explained = [...SECTION.matchAll(/^\| `(--[a-z]+)[^`]*`(?:, `(--[a-z]+)`)?/gm)].flatMap(([, ...names]) =>
      names.filter((name) => name !== undefined),
    );

    expect(explained.toSorted()).toEqual(known.toSorted());
  });
});
