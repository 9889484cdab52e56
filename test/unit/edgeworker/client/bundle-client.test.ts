import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { bundleClient } from '../../../../edgeworker/bundle-client.ts';
import { readModule } from '../../../../edgeworker/read-module.ts';

/** What a page pays for it. */
const MOST_BYTES = 2_000;

test.each(['script', 'module'] as const)(
  'the %s is less than 2 kB as gzip, and comes out the same every time',
  (kind) => {
    const [first, second] = [bundleClient()[kind], bundleClient()[kind]];

    expect(gzipSync(first).byteLength).toBeLessThan(MOST_BYTES);
    expect(second).toBe(first);
  },
);

test('the script leaves one name in a page, and does nothing before it is asked to', () => {
  const page: Record<string, unknown> = {};

  runInNewContext(bundleClient().script, page);

  expect(page).toEqual({ edgehouse: { createClient: expect.any(Function) } });
});

test('the module exports what its types declare, and imports nothing', () => {
  const { module, types } = bundleClient();

  const declared = parseSync(types, { syntax: 'typescript' }).body.filter(({ type }) => type !== 'ExportDeclaration');

  expect(readModule(module)).toMatchObject({ imports: [], exports: ['createClient'], dynamic: [] });
  expect(declared).toEqual([]);
  expect(types).toContain('export declare const createClient: CreateClient;');
});
