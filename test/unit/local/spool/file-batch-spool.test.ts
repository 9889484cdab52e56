import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { openFileBatchSpool, SpoolNameError } from '../../../../local/spool/file-batch-spool.ts';

const NAME = `spool/${'a1'.repeat(32)}`;
const { signal } = new AbortController();

let directory: string;
let announced: string[];
const open = () => openFileBatchSpool(join(directory, 'bucket'), (name) => announced.push(name));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgehouse-spool-test-'));
  announced = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('file spool', () => {
  test('gives back, also after it was opened anew, what it took', async () => {
    await (await open()).create(NAME, Buffer.from('first'), signal);

    const read = await (await open()).read(NAME, signal);

    expect(read?.toString()).toBe('first');
  });

  test('creates an object once: of many that come at the same time one wins, and its bytes are kept', async () => {
    const spool = await open();
    const contenders = Array.from({ length: 20 }, (_, at) => `bytes of ${at}`);

    const outcomes = await Promise.all(contenders.map((text) => spool.create(NAME, Buffer.from(text), signal)));

    const winner = contenders[outcomes.indexOf('created')];
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect((await spool.read(NAME, signal))?.toString()).toBe(winner);
    expect(announced).toEqual([NAME]);
  });

  test('replaces what lies there', async () => {
    const spool = await open();
    await spool.create(NAME, Buffer.from('first, and longer'), signal);

    await spool.replace(NAME, Buffer.from('second'), signal);

    expect((await spool.read(NAME, signal))?.toString()).toBe('second');
  });

  test('announces every put under spool/ when the object can be read, and none under verdicts/', async () => {
    const seen: Promise<Buffer | undefined>[] = [];
    const spool = await openFileBatchSpool(directory, (name) => seen.push(spool.read(name, signal)));
    const verdict = NAME.replace('spool', 'verdicts');

    await spool.create(NAME, Buffer.from('first'), signal);
    await spool.create(verdict, Buffer.from('verdict'), signal);
    await spool.replace(verdict, Buffer.from('verdict'), signal);
    await spool.replace(NAME, Buffer.from('second'), signal);

    expect((await Promise.all(seen)).map(String)).toEqual(['first', 'second']);
  });

  test('knows nothing of what was removed, and removing it again is no error', async () => {
    const spool = await open();
    await spool.create(NAME, Buffer.from('first'), signal);

    await spool.remove(NAME, signal);
    await spool.remove(NAME, signal);

    expect(await spool.read(NAME, signal)).toBeUndefined();
    expect(await spool.create(NAME, Buffer.from('again'), signal)).toBe('created');
  });

  test('lists what begins with a prefix, in order', async () => {
    const spool = await open();
    const names = ['spool/0b', 'spool/0a', 'verdicts/0a'];
    for (const name of names) await spool.create(name, Buffer.from(name), signal);

    const lists = await Promise.all(['spool/', 'verdicts/', 'spool/0b', ''].map((prefix) => spool.list(prefix)));

    expect(lists).toEqual([
      ['spool/0a', 'spool/0b'],
      ['verdicts/0a'],
      ['spool/0b'],
      ['spool/0a', 'spool/0b', 'verdicts/0a'],
    ]);
  });

  test('never shows what a crash left half written, and removes it when it is opened', async () => {
    await open();
    const [unfinished = ''] = (await readdir(join(directory, 'bucket'))).filter((name) => name === 'unfinished');
    await writeFile(join(directory, 'bucket', unfinished, 'half'), 'half an obj');

    const spool = await open();

    expect(await spool.list('')).toEqual([]);
    expect(await readdir(join(directory, 'bucket', unfinished))).toEqual([]);
  });

  test('leaves no unfinished file behind, and lets only its owner read', async () => {
    const spool = await open();

    await spool.create(NAME, Buffer.from('first'), signal);
    await spool.create(NAME, Buffer.from('second'), signal);

    expect(await readdir(join(directory, 'bucket', 'unfinished'))).toEqual([]);
    expect((await stat(join(directory, 'bucket', NAME))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'bucket', 'spool'))).mode & 0o777).toBe(0o700);
  });

  test('fails with its reason, stores and announces nothing, when the caller has given up', async () => {
    const spool = await open();
    const gone = AbortSignal.abort();

    const failures = await Promise.all(
      [
        spool.create(NAME, Buffer.from('x'), gone),
        spool.replace(NAME, Buffer.from('x'), gone),
        spool.read(NAME, gone),
        spool.remove(NAME, gone),
      ].map((failing) => failing.catch((error: unknown) => error)),
    );

    for (const failure of failures) {
      expect(failure).toBeInstanceOf(SpoolError);
      expect(failure).toMatchObject({ cause: { name: 'AbortError' } });
    }
    expect([await spool.list(''), announced]).toEqual([[], []]);
  });

  test('says so where its folder cannot be used', async () => {
    const path = join(directory, 'a file');
    await writeFile(path, '');

    await expect(openFileBatchSpool(path, () => {})).rejects.toMatchObject({
      code: 'SPOOL_FAILED',
      cause: { code: 'ENOTDIR' },
    });
  });

  test('a name of any other shape is refused and reaches no file outside', async () => {
    const spool = await open();
    const outside = join(directory, 'secret');
    await writeFile(outside, 'secret');
    await mkdir(join(directory, 'spool'));
    const shaped = fc.oneof(
      fc.string(),
      fc.constantFrom('../secret', 'spool/../../secret', '/etc/passwd', 'spool/', 'spool/A1', 'spool/a1\n', 'other/a1'),
      fc.string().map((rest) => `spool/${rest}`),
      fc.string().map((rest) => `spool/a1/../${rest}`),
    );

    await fc.assert(
      fc.asyncProperty(shaped, async (name) => {
        fc.pre(!/^(spool|verdicts)\/[0-9a-f]{1,64}$/.test(name) || name.includes('\n'));
        for (const use of [
          spool.create(name, Buffer.from('x'), signal),
          spool.replace(name, Buffer.from('x'), signal),
          spool.read(name, signal),
          spool.remove(name, signal),
        ]) {
          const failure: unknown = await use.catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(SpoolError);
          expect(failure instanceof SpoolError && failure.cause).toBeInstanceOf(SpoolNameError);
        }
      }),
    );
    expect(await readFile(outside, 'utf8')).toBe('secret');
    expect([await spool.list(''), announced]).toEqual([[], []]);
  });

  test('keeps bytes of any content', async () => {
    const spool = await open();

    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        await spool.replace(NAME, bytes, signal);

        expect(await spool.read(NAME, signal)).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 30 },
    );
  });
});
