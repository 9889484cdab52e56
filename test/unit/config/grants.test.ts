import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../../config/decide.ts';
import { compileAccess, compileGrants, compileRowFilterViews } from '../../../config/grants.ts';
import { config as shipped } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { sqlUsers } from '../../../config/sql-users.ts';

const HASH = 'ab'.repeat(32);
/** What the one grant to this role lets it select, in place of all that it had. */
const selects = (statements: readonly string[], role: string) =>
  statements
    .filter((sql) => sql.startsWith('GRANT SELECT ON ') && sql.endsWith(` TO ${role} WITH REPLACE OPTION`))
    .flatMap((sql) => [...sql.matchAll(/SELECT ON `edgehouse`.`(\w+)`/g)].map(([, relation]) => relation))
    .sort();

describe('compileGrants', () => {
  test('writer, inspector, operator and reader of the shipped config get this and no more', () => {
    const grants = compileGrants(shipped).filter((sql) => sql.startsWith('GRANT'));

    const [web, quarantine, batches, ledger] = ['web_events', 'quarantine', 'batches', '_batches'].map(
      (relation) => `ON \`edgehouse\`.\`${relation}\``,
    );
    expect(grants).toEqual([
      `GRANT INSERT ${web}, INSERT ${quarantine} TO edgehouse_writer_role WITH REPLACE OPTION`,
      'GRANT edgehouse_writer_role TO edgehouse_writer WITH REPLACE OPTION',
      `GRANT SELECT ${batches}, SELECT ${ledger}, SELECT ON \`system\`.\`columns\`, SHOW COLUMNS ${web}, SHOW COLUMNS ${quarantine} TO edgehouse_inspector_role WITH REPLACE OPTION`,
      'GRANT edgehouse_inspector_role TO edgehouse_inspector WITH REPLACE OPTION',
      `GRANT SELECT ${web}, SELECT ${quarantine}, SELECT ${batches}, ALTER DELETE ${web}, ALTER DELETE ${quarantine}, ALTER DELETE ${ledger} TO edgehouse_operator_role WITH REPLACE OPTION`,
      'GRANT edgehouse_operator_role TO edgehouse_operator WITH REPLACE OPTION',
      `GRANT SELECT ${batches}, SELECT ${web} TO edgehouse_reader_analyst_role WITH REPLACE OPTION`,
      'GRANT edgehouse_reader_analyst_role TO edgehouse_reader_analyst WITH REPLACE OPTION',
    ]);
  });

  test('every account is locked until it is given the hash of a password', () => {
    const created = (passwordHashes: Record<string, string>) =>
      compileGrants(shipped, { passwordHashes }).filter((sql) => sql.startsWith('CREATE USER'));

    expect(created({})).toHaveLength(4);
    for (const sql of created({})) expect(sql).toContain(`BY '${'0'.repeat(64)}'`);
    expect(created({ edgehouse_writer: HASH })[0]).toContain(`sha256_hash BY '${HASH}'`);
  });

  test('a stack can keep its accounts apart by a prefix', () => {
    const users = sqlUsers(shipped, { userPrefix: 'run7' });

    expect(users).toEqual({
      writer: 'run7_writer',
      inspector: 'run7_inspector',
      operator: 'run7_operator',
      readers: { analyst: 'run7_reader_analyst' },
    });
    expect(compileAccess(shipped, { userPrefix: 'run7' }).join()).not.toContain('edgehouse_');
  });

  test.each([
    [{ passwordHashes: { edgehouse_writer: 'hunter2-as-plain-text' } }, 'password hash of edgehouse_writer'],
    [{ passwordHashes: { edgehouse_wirter: HASH } }, 'password hash for "edgehouse_wirter"'],
    [{ userPrefix: 'a b' }, 'user prefix "a b"'],
  ])('refuses options it cannot use, without repeating a hash', (options, text) => {
    const compile = () => compileGrants(shipped, options);

    expect(compile).toThrow(
      expect.objectContaining({ code: 'GRANTS_INVALID', message: expect.stringContaining(text) }),
    );
    expect(compile).not.toThrow('hunter2');
  });

  test('a row filter becomes a view, and the table stays closed', () => {
    const config = parseConfig({
      streams: { web: { table: 'web_rows' } },
      principals: { 'paris-team': { allow: [{ read: ['web'], rows: "city = 'Paris'" }] } },
    });

    const [view] = compileRowFilterViews(config);
    const role = 'edgehouse_reader_paris_team_role';

    expect(view).toMatch(
      /^CREATE OR REPLACE VIEW `edgehouse`.`web_for_paris_team` DEFINER = CURRENT_USER SQL SECURITY DEFINER AS/,
    );
    expect(view).toContain("FROM `edgehouse`.`web_rows` WHERE (city = 'Paris') LIMIT ");
    expect(selects(compileAccess(config), role)).toEqual(['web_for_paris_team']);
  });

  test('a principal that may read nothing any more loses its account', () => {
    const read = { allow: [{ read: ['web'] }], deny: [{ read: ['web'] }] };
    const config = parseConfig({ streams: { web: {} }, principals: { old: read } });

    expect(sqlUsers(config).readers).toEqual({});
    expect(compileGrants(config).filter((sql) => sql.includes('edgehouse_reader_old'))).toEqual([
      'DROP USER IF EXISTS edgehouse_reader_old',
      'DROP ROLE IF EXISTS edgehouse_reader_old_role',
      'DROP QUOTA IF EXISTS edgehouse_reader_old_quota',
      'DROP SETTINGS PROFILE IF EXISTS edgehouse_reader_old_profile',
    ]);
  });

  test('whatever the policy, a reader is granted what decide allows and nothing else, in one statement each', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'batches'), { minLength: 1 });
    const rules = fc.array(fc.record({ read: names }), { maxLength: 3 });
    const principals = fc.dictionary(fc.stringMatching(/^[a-c][a-c-]{0,2}$/), fc.record({ allow: rules, deny: rules }));
    fc.assert(
      fc.property(principals, (given) => {
        const config = parseConfig({ streams: { a: {}, b: {} }, principals: given });

        const statements = compileGrants(config);

        for (const principal of Object.values(config.principals)) {
          const allowed = ['a', 'b', 'batches'].filter((name) => decide(principal, 'read', name, '', '').allowed);
          const role = `edgehouse_reader_${principal.name.replaceAll('-', '_')}_role`;
          expect(selects(statements, role)).toEqual(allowed);
        }
        for (const sql of statements)
          expect(sql).not.toMatch(/;|WITH GRANT OPTION|GRANT .*\*|\b(URL|FILE|REMOTE|S3|SOURCES)\b/);
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        expect(compileGrants(parseConfig({ streams: { b: {}, a: {} }, principals: reversed }))).toEqual(statements);
      }),
    );
  });
});
