import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { synthesize } from './support/synthesize.ts';

const FOLDER = fileURLToPath(new URL('../../docs/', import.meta.url));
const TEXT = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  .join('\n');
const [stack] = synthesize();

const unique = (pattern: RegExp) => [...new Set([...TEXT.matchAll(pattern)].map(([, ...found]) => found.join(' ')))];

describe('the names that the pages use', () => {
  test('are outputs of the stack where a page asks for one', () => {
    const named = unique(/\(output (\w+)\)|\boutput ([A-Z]\w+)/g).map((name) => name.trim());

    expect(named.length).toBeGreaterThan(10);
    expect(Object.keys(stack.outputs)).toEqual(expect.arrayContaining(named));
  });

  test.each(unique(/\(resource (AWS::\w+::\w+) (\w+)\)/g))('are of one resource alone: %s', (name) => {
    const [type = '', prefix = ''] = name.split(' ');

    expect(stack.ofType(type).filter(({ id }) => id.startsWith(prefix))).toHaveLength(1);
  });
});
