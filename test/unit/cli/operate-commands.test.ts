import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../../../cli/parse-command.ts';
import { UsageError } from '../../../cli/usage.ts';

const ENV = { EDGEHOUSE_CLICKHOUSE_USER: 'operator', EDGEHOUSE_CLICKHOUSE_PASSWORD: 'secret', VAULT_TOKEN: 'token' };
const ACCOUNT = { url: 'https://ch:8443', user: 'operator', password: 'secret' };
const CLICKHOUSE = ['--clickhouse', 'https://ch:8443'];
const API = ['--api', 'https://api.example', '--credentials', 'item.json', '--source', 'ew/1/2'];

const parse = (line: string, ...more: readonly string[]) => parseCommand([...line.split(' '), ...more], ENV);

describe('the command line of quarantine', () => {
  test('names the rows by stream, principal, time and code', () => {
    const line = 'quarantine ls --stream s --principal p --since 2h --until 1h --code FIELD_TYPE --rows';

    expect(parse(line, ...CLICKHOUSE)).toEqual({
      kind: 'quarantine ls',
      account: ACCOUNT,
      filter: { stream: 's', principal: 'p', since: '2h', until: '1h', code: 'FIELD_TYPE' },
      rows: true,
    });
  });

  test('of replay needs to know where to only where it is to be done', () => {
    const line = 'quarantine replay --stream s --principal p';
    const api = { api: 'https://api.example', credentials: { kind: 'file', path: 'item.json' }, source: 'ew/1/2' };

    expect(parse(line, ...CLICKHOUSE)).toMatchObject({ api: undefined });
    expect(parse(`${line} --apply`, ...CLICKHOUSE, ...API)).toMatchObject({ stream: 's', principal: 'p', api });
    expect(() => parse(`${line} --apply`, ...CLICKHOUSE)).toThrow('--source is missing');
  });

  test.each([
    ['quarantine', 'quarantine: expected quarantine ls, quarantine replay or quarantine purge'],
    ['quarantine ls', '--clickhouse is missing'],
    ['quarantine ls all', 'seen an argument: all'],
    ['quarantine replay --stream s', '--stream and --principal say whose rows'],
    ['quarantine purge', 'expected --stream, --principal, --since, --until or --code'],
    ['quarantine purge --erase --stream s', 'expected --principal'],
    ['quarantine purge --erase --principal p --since 1h', 'whole batches leave the ledger'],
    ['quarantine purge --erase --principal p --code X', 'whole batches leave the ledger'],
  ])('%j is refused', (line, message) => {
    const given = line === 'quarantine ls' ? [] : CLICKHOUSE;

    expect(() => parse(line, ...given)).toThrow(UsageError);
    expect(() => parse(line, ...given)).toThrow(message);
  });
});

describe('the command line of spool', () => {
  test('is about what is deployed, or about a folder, and asks the ledger where it is told to', () => {
    expect(parse('spool ls')).toEqual({
      kind: 'spool ls',
      access: { place: { kind: 'aws' }, vaultToken: 'token' },
      filter: { stream: undefined, principal: undefined, object: undefined, older: undefined, outcome: 'any' },
      account: undefined,
    });
    expect(parse('spool replay --object spool/a --data d --apply', ...CLICKHOUSE)).toMatchObject({
      access: { place: { kind: 'folder', dataDir: 'd' } },
      filter: { object: 'spool/a', outcome: 'any' },
      account: ACCOUNT,
      apply: true,
    });
  });

  test('of sweep leaves alone what is younger than an hour, or than it says', () => {
    expect(parse('spool sweep')).toMatchObject({ kind: 'spool replay', filter: { older: '1h', outcome: 'none' } });
    expect(parse('spool sweep --older 2d')).toMatchObject({ filter: { older: '2d' }, apply: false });
  });

  test.each([
    ['spool', 'spool: expected spool ls, spool replay, spool sweep or spool purge'],
    ['spool purge --apply', 'expected --principal, --stream or --object'],
    ['spool purge --older 1d', 'expected --principal, --stream or --object'],
    ['spool ls x', 'seen an argument: x'],
  ])('%j is refused', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});

describe('the command lines of reconcile, receipt and tail', () => {
  const ID = '0193F000-0000-7000-8000-000000000001';

  test('are read', () => {
    expect(parse('reconcile --since 1d --data d --stream s --json', ...CLICKHOUSE)).toEqual({
      kind: 'reconcile',
      account: ACCOUNT,
      place: { kind: 'folder', dataDir: 'd' },
      since: '1d',
      stream: 's',
      principal: undefined,
      tables: false,
      json: true,
    });
    expect(parse(`receipt ${ID}`, ...CLICKHOUSE)).toMatchObject({ batchId: ID.toLowerCase(), place: { kind: 'aws' } });
    expect(parse('tail --stream s --errors', ...CLICKHOUSE)).toMatchObject({ stream: 's', errors: true });
  });

  test.each([
    ['reconcile', '--since is missing'],
    ['reconcile --since 1d all', 'reconcile takes no argument'],
    ['receipt', 'expected the id of one batch'],
    ['receipt 1', 'expected the id of one batch'],
    [`receipt ${ID} ${ID}`, 'expected the id of one batch'],
    ['tail', '--stream is missing'],
    ['tail web_events', 'tail takes no argument'],
  ])('%j is refused', (line, message) => {
    expect(() => parse(line, ...CLICKHOUSE)).toThrow(message);
  });

  test('are understood or refused as such, whatever their words', () => {
    const words = fc.constantFrom(
      ...['quarantine', 'spool', 'ls', 'replay', 'purge', 'sweep', 'reconcile', 'receipt', 'tail', ID],
      ...[
        '--apply',
        '--erase',
        '--stream',
        '--since=1h',
        '--rows',
        '--json',
        '--errors',
        '--older=1d',
        '--',
        '__proto__',
      ],
      ...CLICKHOUSE,
      ...API,
    );
    fc.assert(
      fc.property(fc.array(words), (args) => {
        try {
          expect(parseCommand(args, ENV).kind).toMatch(/^(quarantine|spool|reconcile|receipt|tail)/);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
