import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileGrants } from '../../../config/grants.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import type { Config } from '../../../config/schema.ts';

/** A server's memory of accounts, as far as our statements change it. */
class Server {
  readonly users = new Map<
    string,
    { readonly roles: Set<string>; readonly own: Set<string>; profile: string | undefined }
  >();
  readonly roles = new Map<string, Set<string>>();
  readonly profiles = new Map<string, string>();
  readonly quotas = new Map<string, string>();

  run(sql: string): void {
    const is = (pattern: RegExp) => pattern.exec(sql)?.slice(1) ?? [];
    const [newRole] = is(/^CREATE ROLE IF NOT EXISTS (\w+)$/);
    const [newProfile, settings = ''] = is(/^CREATE SETTINGS PROFILE IF NOT EXISTS (\w+) SETTINGS (.*)$/);
    const [oldProfile, newSettings = ''] = is(/^ALTER SETTINGS PROFILE (\w+) SETTINGS (.*)$/);
    const [newUser, with_] = is(/^CREATE USER IF NOT EXISTS (\w+) IDENTIFIED .* SETTINGS PROFILE '(\w+)'$/);
    const [oldUser, profile] = is(/^ALTER USER (\w+) SETTINGS PROFILE '(\w+)'$/);
    const [quota, limits = ''] = is(/^CREATE QUOTA OR REPLACE (\w+) (.*)$/);
    const [stripped] = is(/^REVOKE ALL ON \*\.\* FROM (\w+)$/);
    const [rights, role] = is(/^GRANT (.* ON .*) TO (\w+) WITH REPLACE OPTION$/);
    const [granted, holder] = is(/^GRANT (\w+) TO (\w+) WITH REPLACE OPTION$/);
    const [kind, gone = ''] = is(/^DROP (USER|ROLE|QUOTA|SETTINGS PROFILE) IF EXISTS (\w+)$/);
    if (newRole !== undefined) this.roles.set(newRole, this.roles.get(newRole) ?? new Set());
    else if (newProfile !== undefined) this.profiles.set(newProfile, this.profiles.get(newProfile) ?? settings);
    else if (oldProfile !== undefined) this.profiles.set(this.#known(this.profiles, oldProfile), newSettings);
    else if (newUser !== undefined) {
      const made = { roles: new Set<string>(), own: new Set<string>(), profile: with_ };
      this.users.set(newUser, this.users.get(newUser) ?? made);
    } else if (oldUser !== undefined) this.#user(oldUser).profile = this.#known(this.profiles, profile ?? '');
    else if (quota !== undefined) this.quotas.set(quota, limits);
    else if (stripped !== undefined) this.#user(stripped).own.clear();
    else if (rights !== undefined && role !== undefined) {
      this.roles.set(this.#known(this.roles, role), new Set(rights.split(/, (?=[A-Z])/)));
    } else if (granted !== undefined && holder !== undefined) {
      const { roles } = this.#user(holder);
      roles.clear();
      roles.add(this.#known(this.roles, granted));
    } else if (kind !== undefined)
      (({ USER: this.users, ROLE: this.roles, QUOTA: this.quotas })[kind] ?? this.profiles).delete(gone);
    else if (!sql.startsWith('CREATE OR REPLACE VIEW ')) throw new Error(`not understood: ${sql}`);
  }

  /** What a user may do, and nobody may do anything without the bounds of a profile and a quota. */
  mayDo(user: string): ReadonlySet<string> {
    const found = this.users.get(user);
    return new Set([
      ...(found?.own ?? []),
      ...[...(found?.roles ?? [])].flatMap((role) => [...(this.roles.get(role) ?? [])]),
    ]);
  }

  #user(name: string) {
    const found = this.users.get(name);
    if (found === undefined) throw new Error(`no user ${name}`);
    return found;
  }

  #known(things: ReadonlyMap<string, unknown>, name: string): string {
    if (!things.has(name)) throw new Error(`no ${name}`);
    return name;
  }
}

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'batches'), { minLength: 1 });
const rule = fc.record({ read: names });
const principals = fc.dictionary(
  fc.constantFrom('x', 'y', 'z'),
  fc.record({ allow: fc.array(rule, { maxLength: 2 }), deny: fc.array(rule, { maxLength: 1 }) }),
);
const configs = fc.tuple(principals, fc.constantFrom([], ['c'])).map(([given, more]) =>
  parseConfig({
    streams: Object.fromEntries(['a', 'b', ...more].map((name) => [name, {}])),
    principals: given,
  }),
);

function serverWith(config: Config): Server {
  const server = new Server();
  for (const sql of compileGrants(config)) server.run(sql);
  return server;
}

function everyUser(...servers: readonly Server[]): readonly string[] {
  return [...new Set(servers.flatMap(({ users }) => [...users.keys()]))];
}

describe('the statements of a changed policy, run on the accounts of the old one', () => {
  test('at no time give anybody more than before or than is meant, nor take what both have', () => {
    fc.assert(
      fc.property(configs, configs, (old, meant) => {
        const [server, before, after] = [serverWith(old), serverWith(old), serverWith(meant)];

        for (const sql of compileGrants(meant)) {
          server.run(sql);

          for (const user of everyUser(server, before, after)) {
            const [now, was, willBe] = [server, before, after].map((one) => one.mayDo(user));
            const more = [...(now ?? [])].filter((right) => !was?.has(right) && !willBe?.has(right));
            const less = [...(was ?? [])].filter((right) => willBe?.has(right) && !now?.has(right));
            expect({ sql, user, more, less }).toEqual({ sql, user, more: [], less: [] });
            if ((now?.size ?? 0) > 0) {
              expect(server.profiles.get(server.users.get(user)?.profile ?? '')).toBeTruthy();
              expect(server.quotas.get(`${user}_quota`)).toBeTruthy();
            }
          }
        }
      }),
    );
  });

  test('end in the same accounts, whatever was there before, also what somebody had added by hand', () => {
    fc.assert(
      fc.property(configs, configs, fc.nat(), (old, meant, pick) => {
        const server = serverWith(old);
        const users = everyUser(server);
        const user = users[pick % users.length] ?? '';
        server.roles.get(`${user}_role`)?.add('SELECT ON *.*');
        server.roles.set('foreign_role', new Set(['ALL ON *.*']));
        server.users.get(user)?.roles.add('foreign_role');
        server.users.get(user)?.own.add('INSERT ON `d`.`x`');
        server.profiles.set(`${user}_profile`, 'max_execution_time = 0');

        for (const sql of compileGrants(meant)) server.run(sql);

        const after = serverWith(meant);
        for (const name of everyUser(after)) {
          expect({ name, may: server.mayDo(name) }).toEqual({ name, may: after.mayDo(name) });
          expect(server.profiles.get(`${name}_profile`)).toBe(after.profiles.get(`${name}_profile`));
        }
      }),
    );
  });
});
