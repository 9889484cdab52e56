export interface XmlRole {
  readonly name: string;
  /** GRANT and REVOKE without their targets, in order. */
  readonly queries: readonly string[];
}

export interface XmlProfile {
  readonly name: string;
  readonly constraints: readonly {
    readonly setting: string;
    readonly min: string | undefined;
    readonly max: string | undefined;
    readonly constant: boolean;
  }[];
}

/**
 * The engine's `users_config`: roles, profiles of constraints, and `default`, its only user, who holds every role. A session gives
 * up all but its account's by SET ROLE.
 *
 * Profiles hold constraints only: `SET profile` applies these and not the values (measured, 26.7), and the engine refuses to load
 * `changeable_in_readonly`. Both are the session's work.
 *
 * @param roles names are XML names, and nothing holds a control character, for which XML has no way
 * @param profiles as with roles, the names of settings too
 */
export function usersXml(roles: readonly XmlRole[], profiles: readonly XmlProfile[]): string {
  return element('clickhouse', [
    element('profiles', [element('default', []), ...profiles.map(profileXml)]),
    element(
      'roles',
      roles.map(({ name, queries }) => element(name, [grantsXml(queries)])),
    ),
    element('users', [
      element('default', [
        element('password', []),
        element('networks', [element('ip', [text('::/0')])]),
        element('profile', [text('default')]),
        element('quota', [text('default')]),
        grantsXml([`GRANT ${roles.map(({ name }) => name).join(', ')}`]),
      ]),
    ]),
    element('quotas', [element('default', [])]),
  ]);
}

function profileXml({ name, constraints }: XmlProfile): string {
  return element(name, [
    element(
      'constraints',
      constraints.map(({ setting, min, max, constant }) =>
        element(setting, [
          min === undefined ? '' : element('min', [text(min)]),
          max === undefined ? '' : element('max', [text(max)]),
          constant ? element('const', []) : '',
        ]),
      ),
    ),
  ]);
}

function grantsXml(queries: readonly string[]): string {
  return element(
    'grants',
    queries.map((query) => element('query', [text(query)])),
  );
}

function element(name: string, children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function text(value: string): string {
  return value.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
