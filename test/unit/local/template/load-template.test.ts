import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadTemplate } from '../../../../local/template/load-template.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-template-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('two stacks that start side by side both get the template, and one copy of it is kept', async () => {
  const cache = join(folder, 'cache');

  const [one, other] = await Promise.all([loadTemplate(cache), loadTemplate(cache)]);
  const again = await loadTemplate(cache);

  expect(one).toMatchObject({ Resources: expect.anything() });
  expect(Object.keys(Object(other))).toEqual(Object.keys(Object(one)));
  expect(again).toEqual(other);
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
}, 60_000);

test('where nothing can be kept it is synthesized all the same', async () => {
  const file = join(folder, 'a file');
  writeFileSync(file, '');

  expect(await loadTemplate(join(file, 'cache'))).toMatchObject({ Resources: expect.anything() });
}, 60_000);
