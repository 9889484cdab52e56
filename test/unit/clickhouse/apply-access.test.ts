import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { applyAccess, diffAccess } from '../../../clickhouse/apply-access.ts';
import { dropAccountSql } from '../../../config/account-sql.ts';
import { compileGrants } from '../../../config/grants.ts';
import { config } from '../../../config/loaded.ts';
import { type SystemTables, startSystemTables } from './system-tables.ts';

let server: SystemTables;

beforeEach(async () => {
  server = await startSystemTables();
});

afterEach(() => server.close());

async function withClient<T>(work: (client: ReturnType<typeof createAdminClient>) => Promise<T>): Promise<T> {
  const client = createAdminClient(server.admin);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const ALL = ['edgehouse_writer', 'edgehouse_inspector', 'edgehouse_operator', 'edgehouse_reader_analyst'];

describe('applying the accounts', () => {
  test('to a server that has none runs the printed statements and nothing else', async () => {
    const applied = await withClient((client) => applyAccess(client, config));

    expect(server.ran).toEqual(compileGrants(config));
    expect(applied).toEqual({ statements: server.ran.length, created: ALL, kept: [], dropped: [] });
  });

  test('takes away first: readers that are gone, and what was put onto our roles by hand', async () => {
    const holder = { user_name: null, role_name: 'edgehouse_writer_role' };
    server.tables['system.users'] = [{ name: 'edgehouse_reader_old' }, { name: 'edgehouse_writer' }];
    server.tables['system.role_grants'] = [
      { ...holder, granted_role_name: 'wei`rd', granted_role_is_default: 1, with_admin_option: 0 },
    ];
    server.tables['system.settings_profile_elements'] = [
      {
        ...holder,
        profile_name: null,
        setting_name: 'max_threads',
        value: '1',
        min: null,
        max: null,
        writability: null,
        inherit_profile: null,
      },
    ];

    const applied = await withClient((client) => applyAccess(client, config));

    expect(server.ran.slice(0, 6)).toEqual([
      ...dropAccountSql('edgehouse_reader_old'),
      'REVOKE `wei\\`rd` FROM `edgehouse_writer_role`',
      'ALTER ROLE `edgehouse_writer_role` SETTINGS NONE',
    ]);
    expect(applied).toMatchObject({
      created: ALL.slice(1),
      kept: ['edgehouse_writer'],
      dropped: ['edgehouse_reader_old'],
    });
  });

  test('to a server that takes no users by SQL changes nothing and says why', async () => {
    server.tables['system.user_directories'] = [];

    const applying = withClient((client) => applyAccess(client, config));

    await expect(applying).rejects.toMatchObject({ code: 'ACCESS_STORAGE_READONLY' });
    expect(server.ran).toEqual([]);
  });
});

test('a comparison with a server changes nothing, and names every account that is missing', async () => {
  const differences = await withClient((client) => diffAccess(client, config));

  expect(server.ran).toEqual([]);
  for (const user of ALL) expect(differences).toContainEqual({ kind: 'missing', fact: `user ${user}: exists` });
  expect(new Set(differences.map(({ kind }) => kind))).toEqual(new Set(['missing']));
});
