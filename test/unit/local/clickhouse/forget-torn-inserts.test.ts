import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { findTornInserts, forgetTornInserts } from '../../../../local/clickhouse/forget-torn-inserts.ts';

const add = (part: string, block: string) => `1\t${part}\t${block}\n`;
const drop = (part: string, block: string) => `2\t${part}\t${block}\n`;

describe('an insert is torn', () => {
  test.each([
    ['where its part is not there', add('202611_3_3_0', 'b'), ['202611_2_2_0', '202612_3_3_0'], true],
    [
      'where its part still has the name of one that is written',
      add('202611_3_3_0', 'b'),
      ['tmp_insert_202611_3_3_0'],
      true,
    ],
    ['not where its part is there', add('202611_3_3_0', 'b'), ['202611_3_3_0'], false],
    ['not where it was merged', add('202611_3_3_0', 'b'), ['202611_1_5_2'], false],
    ['not where it was merged and mutated', add('202611_3_3_0', 'b'), ['202611_1_5_2_9'], false],
    ['not where its token was given up with its part', add('all_3_3_0', 'b') + drop('all_3_3_0', 'b'), [], false],
    [
      'not where the same rows came again, and are there',
      add('all_3_3_0', 'b') + add('all_4_4_0', 'b'),
      ['all_4_4_0'],
      false,
    ],
  ])('%s', (_when, log, names, isTorn) => {
    expect(findTornInserts(log, ['detached', 'deduplication_logs', ...names])).toHaveLength(isTorn ? 1 : 0);
  });

  test('exactly where no merge has its block, whatever was merged', () => {
    const blocks = fc.array(fc.record({ isThere: fc.boolean(), endsPart: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(blocks, (inserts) => {
        const log = inserts.map((_, at) => add(`all_${at}_${at}_0`, `block-${at}`)).join('');
        const names: string[] = [];
        let first: number | undefined;
        for (const [at, { isThere, endsPart }] of inserts.entries()) {
          if (isThere) first ??= at;
          const next = inserts[at + 1];
          if (first !== undefined && isThere && (endsPart || next?.isThere !== true)) {
            names.push(`all_${first}_${at}_1`);
            first = undefined;
          }
        }

        const torn = findTornInserts(log, names).map(({ block }) => block);

        expect(torn).toEqual(inserts.flatMap(({ isThere }, at) => (isThere ? [] : [`block-${at}`])));
      }),
    );
  });
});

describe('a data directory', () => {
  let dataDir: string;
  let log: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-torn-'));
    const logs = join(dataDir, 'store/abc/table/deduplication_logs');
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, 'deduplication_log_9.txt'), add('all_1_1_0', 'earlier'));
    log = join(logs, 'deduplication_log_10.txt');
    writeFileSync(log, add('all_2_2_0', 'torn'));
    mkdirSync(join(dataDir, 'store/abc/table/all_1_1_0'));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(dataDir, { recursive: true });
  });

  test('of an engine that was killed forgets what is torn, once', async () => {
    // No process has so high an id.
    writeFileSync(join(dataDir, 'status'), 'PID: 99999999\nStarted at: 2026-11-23 20:00:00\n');

    await forgetTornInserts(dataDir);
    await forgetTornInserts(dataDir);

    expect(readFileSync(log, 'utf8')).toBe(add('all_2_2_0', 'torn') + drop('all_2_2_0', 'torn'));
  });

  test.each([
    ['that runs', `PID: ${process.ppid}\n`],
    ['that was closed', undefined],
  ])('of an engine %s is left as it is', async (_which, status) => {
    if (status !== undefined) writeFileSync(join(dataDir, 'status'), status);

    await forgetTornInserts(dataDir);

    expect(readFileSync(log, 'utf8')).toBe(add('all_2_2_0', 'torn'));
  });

  test('of a killed engine that had the number of this process forgets what is torn: in a container each start has the same', async () => {
    writeFileSync(join(dataDir, 'status'), `PID: ${process.pid}\n`);

    await forgetTornInserts(dataDir);

    expect(readFileSync(log, 'utf8')).toBe(add('all_2_2_0', 'torn') + drop('all_2_2_0', 'torn'));
  });

  test.each([
    ['another account runs is left as it is', 'EPERM', ''],
    ['nobody runs any more forgets what is torn', 'ESRCH', drop('all_2_2_0', 'torn')],
  ])('of an engine that %s', async (_which, code, added) => {
    writeFileSync(join(dataDir, 'status'), 'PID: 4711\n');
    jest.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error(`kill ${code}`), { code });
    });

    await forgetTornInserts(dataDir);

    expect(readFileSync(log, 'utf8')).toBe(add('all_2_2_0', 'torn') + added);
  });
});
