import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { applyGrants } from '../../../cli/apply-grants.ts';
import { diffGrants } from '../../../cli/diff-grants.ts';
import { compileGrants } from '../../../config/grants.ts';
import { config } from '../../../config/loaded.ts';
import { type SystemTables, startSystemTables } from '../clickhouse/system-tables.ts';

let server: SystemTables;
let out: string[];
const io = { out: (line: string) => out.push(line) };

beforeEach(async () => {
  server = await startSystemTables();
  out = [];
});

afterEach(() => server.close());

describe('grants on a server', () => {
  test('are compared: a line for each difference, and an exit status that a script can read', async () => {
    server.tables['system.users'] = [{ name: 'edgehouse_reader_old' }, { name: 'edgehouse_writer' }];

    const same = await diffGrants(server.admin, io);

    expect(same).toBe(false);
    expect(out).toContain('beyond   user edgehouse_reader_old: exists');
    expect(out).toContain('missing  user edgehouse_operator: exists');
    expect(out).not.toContain('missing  user edgehouse_writer: exists');
    expect(out.at(-1)).toBe(`${out.length - 1} differences; edgehouse grants apply puts them right`);
    expect(server.ran).toEqual([]);
  });

  test('are applied, and each account is told with what became of it', async () => {
    server.tables['system.users'] = [{ name: 'edgehouse_reader_old' }, { name: 'edgehouse_writer' }];

    await applyGrants(server.admin, io);

    expect(server.ran.slice(-compileGrants(config).length)).toEqual(compileGrants(config));
    expect(out).toEqual([
      'dropped edgehouse_reader_old, whom the configuration does not ask for',
      'created edgehouse_inspector, locked until it is given a password',
      'created edgehouse_operator, locked until it is given a password',
      'created edgehouse_reader_analyst, locked until it is given a password',
      'kept    edgehouse_writer, with its password',
      `${server.ran.length} statements ran; edgehouse grants diff shows whether the server is as it should be`,
    ]);
  });
});
