import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Announcements, announce, takeAnnouncements } from '../../../../local/spool/announcements.ts';

const NAME = `spool/${'a1'.repeat(32)}`;

let folder: string;
let open: Announcements | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgehouse-announced-'));
});
afterEach(async () => {
  open?.close();
  await rm(folder, { recursive: true, force: true });
});

test('what another process announces is taken, and taken once', async () => {
  const taken = Promise.withResolvers<string>();
  const names: string[] = [];
  open = takeAnnouncements(join(folder, 'announced'), (name) => {
    names.push(name);
    taken.resolve(name);
  });

  await announce(join(folder, 'announced'), NAME);
  await taken.promise;

  expect(names).toEqual([NAME]);
  expect(await readdir(join(folder, 'announced'))).toEqual([]);
});

test('what was announced before the start is taken at the start', async () => {
  await announce(join(folder, 'announced'), NAME);
  const names: string[] = [];

  open = takeAnnouncements(join(folder, 'announced'), (name) => names.push(name));

  expect(names).toEqual([NAME]);
});

test('a file that names no object is thrown away', async () => {
  await mkdir(join(folder, 'announced'));
  for (const file of ['x', '%', encodeURIComponent('../secrets'), encodeURIComponent('verdicts/aa')]) {
    await writeFile(join(folder, 'announced', file), '');
  }
  const names: string[] = [];

  open = takeAnnouncements(join(folder, 'announced'), (name) => names.push(name));

  expect(names).toEqual([]);
  expect(await readdir(join(folder, 'announced'))).toEqual([]);
});
