import {
  type AccessStatement,
  type CreateMode,
  type SettingElement,
  type Settings,
  type Subjects,
  UnsupportedAccess,
} from './access-statement.ts';

/** Who may do what, as a list of statements left it. */
export class AccessModel {
  readonly #roles = new Map<string, Role>();
  readonly #users = new Map<string, User>();
  readonly #profiles = new Map<string, Profile>();
  readonly #quotas = new Map<string, true>();

  /** @throws UnsupportedAccess where the statement names what no earlier one made */
  apply(statement: AccessStatement): void {
    switch (statement.kind) {
      case 'role':
        checkFree(this.#users, statement.names);
        this.#checkSettings(statement.settings);
        create(this.#roles, statement, () => ({
          grants: [],
          parents: new Set<string>(),
          settings: statement.settings,
        }));
        return;
      case 'user':
        checkFree(this.#roles, statement.names);
        this.#checkSettings(statement.settings);
        this.#checkSubjects(statement.defaultRoles);
        create(this.#users, statement, () => ({ ...statement, granted: new Set<string>() }));
        return;
      case 'profile':
        this.#checkSettings(statement.settings);
        this.#checkSubjects(statement.to);
        create(this.#profiles, statement, () => statement);
        return;
      case 'altered':
        this.#checkSettings(statement.settings);
        this.#replaceSettings(statement);
        return;
      case 'quota':
        this.#checkSubjects(statement.to);
        create(this.#quotas, statement, () => true);
        return;
      case 'privileges':
        for (const name of statement.targets) {
          // A user of the model is no user of the engine, only the roles that a session takes: it has nothing to take back.
          if (this.#users.has(name) && statement.verb === 'REVOKE') continue;
          if (this.#users.has(name)) throw new UnsupportedAccess('a privilege for a user (grant it to a role)');
          const { grants } = this.#role(name);
          if (statement.replace) grants.length = 0;
          grants.push(`${statement.verb} ${statement.privileges}`);
        }
        return;
      case 'roles':
        for (const name of statement.targets) {
          const holder = this.#users.get(name)?.granted ?? this.#role(name).parents;
          if (statement.replace) holder.clear();
          for (const role of statement.roles) {
            this.#role(role);
            if (statement.verb === 'GRANT') holder.add(role);
            else holder.delete(role);
          }
        }
        return;
      default:
        throw statement satisfies never;
    }
  }

  /** Every role with the grants and revocations that make it, in their order. */
  roles(): readonly { readonly name: string; readonly queries: readonly string[] }[] {
    return [...this.#roles].map(([name, { grants, parents }]) => ({
      name,
      queries: [...[...parents].map((parent) => `GRANT ${parent}`), ...grants],
    }));
  }

  /** The roles that a user's session begins with, or undefined where no statement made the user. */
  rolesOf(user: string): readonly string[] | undefined {
    const found = this.#users.get(user);
    return found && [...found.granted].filter((role) => matches(found.defaultRoles, [role]));
  }

  /**
   * The settings that bind a user, the last word on each, in the order in which a server weighs them
   * (`SettingsProfilesCache.cpp`): profiles given with TO, then those of the roles, then the user's own.
   */
  settingsOf(user: string): readonly MergedSetting[] {
    const roles = this.#closure(this.rolesOf(user) ?? []);
    const given = [...this.#profiles.values()].filter(({ to }) => matches(to, [user, ...roles]));
    const merged = new Map<string, MergedSetting>();
    for (const element of this.#expand([
      ...given.flatMap(({ settings }) => settings),
      ...roles.flatMap((role) => this.#role(role).settings),
      ...(this.#users.get(user)?.settings ?? []),
    ])) {
      const before = merged.get(element.name);
      merged.set(element.name, {
        name: element.name,
        value: element.value ?? before?.value,
        min: element.min ?? before?.min,
        max: element.max ?? before?.max,
        writability: element.writability ?? before?.writability,
      });
    }
    return [...merged.values()];
  }

  #expand(settings: Settings): readonly MergedSetting[] {
    // No cycle: a profile can only inherit from one that was made before it.
    return settings.flatMap((element) =>
      element.kind === 'setting' ? [element] : this.#expand(this.#profiles.get(element.profile)?.settings ?? []),
    );
  }

  #closure(roles: readonly string[]): readonly string[] {
    const found = new Set(roles);
    for (const role of found) for (const parent of this.#role(role).parents) found.add(parent);
    return [...found];
  }

  #replaceSettings({ of, name, settings }: Extract<AccessStatement, { kind: 'altered' }>): void {
    const [profile, user] = [this.#profiles.get(name), this.#users.get(name)];
    if (of === 'profile' && profile !== undefined) this.#profiles.set(name, { ...profile, settings });
    else if (of === 'user' && user !== undefined) this.#users.set(name, { ...user, settings });
    else throw new UnsupportedAccess(`the name ${name}, which no earlier statement created`);
  }

  #role(name: string): Role {
    const role = this.#roles.get(name);
    if (role === undefined) throw new UnsupportedAccess(`the name ${name}, which no earlier statement created`);
    return role;
  }

  #checkSettings(settings: Settings): void {
    for (const element of settings) {
      if (element.kind === 'inherit' && !this.#profiles.has(element.profile)) {
        throw new UnsupportedAccess(`the profile ${element.profile}, which no earlier statement created`);
      }
    }
  }

  #checkSubjects({ names }: Subjects): void {
    for (const name of names) if (!this.#users.has(name)) this.#role(name);
  }
}

export type MergedSetting = Omit<Extract<SettingElement, { kind: 'setting' }>, 'kind'>;

interface Role {
  readonly grants: string[];
  readonly parents: Set<string>;
  readonly settings: Settings;
}

interface User {
  readonly settings: Settings;
  readonly defaultRoles: Subjects;
  readonly granted: Set<string>;
}

interface Profile {
  readonly settings: Settings;
  readonly to: Subjects;
}

function create<Thing>(
  things: Map<string, Thing>,
  { names, mode }: { readonly names: readonly string[]; readonly mode: CreateMode },
  make: () => Thing,
): void {
  for (const name of names) {
    if (things.has(name) && mode === 'if not exists') continue;
    if (things.has(name) && mode === 'new') throw new UnsupportedAccess(`the name ${name} a second time`);
    things.set(name, make());
  }
}

/** A list of subjects names roles and users alike, so one name must not be both. */
function checkFree(others: ReadonlyMap<string, unknown>, names: readonly string[]): void {
  for (const name of names)
    if (others.has(name)) throw new UnsupportedAccess(`the name ${name} for both a role and a user`);
}

/** Whether a list means the bearer of these names: one of them is enough to be in it, and one to be left out of ALL EXCEPT. */
function matches({ all, names }: Subjects, bearer: readonly string[]): boolean {
  return all !== bearer.some((name) => names.includes(name));
}
