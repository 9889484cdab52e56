import { describe, expect, test } from '@jest/globals';
import { compareAccess, expectedFacts } from '../../../clickhouse/access-facts.ts';
import { grantedOf, limitOf, rightOf, settingOf } from '../../../clickhouse/access-rows.ts';
import { accountsOf } from '../../../config/accounts.ts';
import { config } from '../../../config/loaded.ts';

const expected = expectedFacts(accountsOf(config));
const right = {
  user_name: null,
  role_name: 'edgehouse_writer_role',
  access_type: 'INSERT',
  db: 'edgehouse',
  relation: 'web_events',
  column: null,
  is_partial_revoke: 0,
  grant_option: 0,
} as const;
const granted = {
  user_name: 'edgehouse_writer',
  role_name: null,
  granted_role_name: 'edgehouse_writer_role',
  granted_role_is_default: 1,
  with_admin_option: 0,
} as const;
const setting = {
  profile_name: 'edgehouse_writer_profile',
  user_name: null,
  role_name: null,
  setting_name: 'max_execution_time',
  value: '15',
  min: '1',
  max: '15',
  writability: null,
  inherit_profile: null,
} as const;
const quota = {
  name: 'edgehouse_reader_analyst_quota',
  apply_to_all: 0,
  apply_to_list: ['edgehouse_reader_analyst'],
  duration: 3600,
  max_queries: '10000',
  max_query_selects: null,
  max_execution_time: 7200,
} as const;

describe('what the system tables say is told in the words of the configuration', () => {
  test.each([
    ['a right of a role', rightOf(right)],
    ['the role of a user', grantedOf(granted)],
    ['a bounded setting', settingOf(setting)],
    [
      'a constant',
      settingOf({
        ...setting,
        setting_name: 'read_overflow_mode',
        value: 'throw',
        min: null,
        max: null,
        writability: 'CONST',
      }),
    ],
    [
      'the profile of a user',
      settingOf({
        ...setting,
        profile_name: null,
        user_name: 'edgehouse_writer',
        setting_name: null,
        inherit_profile: 'edgehouse_writer_profile',
      }),
    ],
    ['a quota, its numbers as text', limitOf(quota)],
    ['a quota, its numbers as numbers', limitOf({ ...quota, max_queries: 10_000 })],
  ])('%s', (_what, fact) => {
    expect(expected).toContain(fact);
  });

  test.each([
    ['a right on a column', rightOf({ ...right, column: 'id' })],
    ['a right that may be handed on', rightOf({ ...right, grant_option: 1 })],
    ['a right with a hole', rightOf({ ...right, is_partial_revoke: 1 })],
    ['a right everywhere', rightOf({ ...right, db: '*', relation: '*' })],
    ['a right of the user itself', rightOf({ ...right, user_name: 'edgehouse_writer', role_name: null })],
    ['a role that may be handed on', grantedOf({ ...granted, with_admin_option: 1 })],
    ['a role that is not on at login', grantedOf({ ...granted, granted_role_is_default: 0 })],
    [
      'a role of a role',
      grantedOf({ ...granted, user_name: null, role_name: 'edgehouse_writer_role', granted_role_name: 'admin' }),
    ],
    ['a wider setting', settingOf({ ...setting, max: '600' })],
    ['a setting that may be changed under readonly', settingOf({ ...setting, writability: 'CHANGEABLE_IN_READONLY' })],
    ['a setting of the user itself', settingOf({ ...setting, profile_name: null, user_name: 'edgehouse_writer' })],
    ['a quota for everybody', limitOf({ ...quota, apply_to_all: 1 })],
    ['a quota with a longer interval', limitOf({ ...quota, duration: 86_400 })],
    ['a quota without its limits', limitOf({ ...quota, max_queries: null })],
  ])('and another thing is told otherwise: %s', (_what, fact) => {
    expect(expected).not.toContain(fact);
  });
});

test('a comparison names what is missing and what goes too far, and is silent where both say the same', () => {
  const beyond = rightOf({ ...right, access_type: 'SELECT' });
  const missing = rightOf(right);

  expect(compareAccess(expected, expected)).toEqual([]);
  expect(compareAccess(expected, [...expected.filter((fact) => fact !== missing), beyond])).toEqual([
    { kind: 'missing', fact: 'role edgehouse_writer_role: INSERT ON edgehouse.web_events' },
    { kind: 'beyond', fact: 'role edgehouse_writer_role: SELECT ON edgehouse.web_events' },
  ]);
});
