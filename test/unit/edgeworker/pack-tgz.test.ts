import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packTgz } from '../../../edgeworker/pack-tgz.ts';
import { unpackTgz } from '../../../edgeworker/unpack-tgz.ts';

test('the same files give the same bytes on every machine, so that Akamai knows a version again', async () => {
  const tgz = await packTgz([{ name: 'main.js', text: 'export function onClientRequest() {}\n' }]);

  expect(createHash('sha256').update(tgz).digest('hex')).toBe(
    '325524f51d1258920c7cae45251bec683e6f069d7f1f0288aeacb87a0a7a074e',
  );
});

test('what is packed comes out again, whatever it is and however long', async () => {
  // A block of gzip holds 65,535 bytes, and tar fills up to 512.
  const length = fc.oneof(
    fc.nat(2_000),
    fc.integer({ min: 64_000, max: 67_000 }),
    fc.integer({ min: 129_000, max: 133_000 }),
  );
  const long = fc
    .tuple(fc.string({ minLength: 1, unit: 'grapheme' }), length)
    .map(([text, most]) => text.repeat(most / text.length));
  const name = fc.stringMatching(/^[a-z]{1,20}\.js$/);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, fc.oneof(fc.string(), long), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      async (files) => {
        const tgz = await packTgz(Object.entries(files).map(([path, text]) => ({ name: path, text })));

        expect(Object.fromEntries(await unpackTgz(tgz))).toEqual(files);
      },
    ),
  );
});

test('what no bundle is made of is left out: what macOS adds', async () => {
  const tgz = await packTgz([
    { name: './main.js', text: 'x' },
    { name: '._main.js', text: 'y' },
    { name: 'lib/._a.js', text: 'y' },
  ]);

  expect([...(await unpackTgz(tgz))]).toEqual([['main.js', 'x']]);
});

test('what would unpack to more than twice what Akamai takes is not unpacked', async () => {
  await expect(unpackTgz(await packTgz([{ name: 'main.js', text: ' '.repeat(2_100_000) }]))).rejects.toThrow();
});
