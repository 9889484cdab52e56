import { randomInt } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { config } from '#config';
import {
  addMethod,
  keepMethods,
  type LoginMethod,
} from '../../../../functions/rotation/rotate-database-user/authentication-sql.ts';
import {
  generatePassword,
  passwordHash,
} from '../../../../functions/rotation/rotate-database-user/database-password.ts';
import { parseRotationEvent } from '../../../../functions/rotation/rotate-database-user/rotation-event.ts';
import { rightsOf } from '../../../../functions/rotation/rotate-database-user/user-rights.ts';
import { readAlterUser } from '../../../../local/clickhouse/read-alter-user.ts';

const MOST_TIME = 4_102_444_800_000;
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const time = fc.integer({ min: 0, max: MOST_TIME });

describe('a password', () => {
  test('has 32 characters of all four classes, and stands as it is in URLs, JSON and SQL', () => {
    for (let round = 0; round < 2000; round++) {
      const password = generatePassword(randomInt);

      expect(password).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[-._~])[A-Za-z0-9._~-]{32}$/);
      expect(encodeURIComponent(password)).toBe(password);
    }
  });

  test('draws every character from the whole alphabet', () => {
    const seen = new Set(Array.from({ length: 500 }, () => generatePassword(randomInt)).join(''));

    expect(seen.size).toBe(66);
  });

  test('is known to ClickHouse as its SHA-256', () => {
    // FIPS 180-2, appendix B.1.
    expect(passwordHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('a statement that changes passwords', () => {
  test('says what the front reads back: user, change, hashes in order, and a time on none but its own method', () => {
    const method = fc.record({ hash, until: fc.option(time, { nil: undefined }) });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9_]{0,62}$/), fc.array(method, { minLength: 1 }), (user, methods) => {
        const [first = { hash: '' }, ...rest] = methods.map(
          ({ hash, until }): LoginMethod => (until === undefined ? { hash } : { hash, until }),
        );
        const read = (from: readonly LoginMethod[]) =>
          from.map(({ hash, until }) => ({
            hash,
            validUntil: until === undefined ? undefined : `${new Date(until).toISOString().slice(0, 19)}Z`,
          }));

        expect(readAlterUser(addMethod(user, first))).toEqual({ user, change: 'add', methods: read([first]) });
        expect(readAlterUser(keepMethods(user, [first, ...rest]))).toEqual({
          user,
          change: 'replace',
          methods: read([first, ...rest]),
        });
      }),
    );
  });

  test('cannot be ended by the name of its user', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (user) => {
        fc.pre(!/[\p{C}\\]/u.test(user));
        expect(readAlterUser(addMethod(user, { hash: 'a'.repeat(64) })).user).toBe(user);
      }),
    );
  });
});

describe('an event of Secrets Manager', () => {
  const EVENT = { Step: 'setSecret', SecretId: 'arn', ClientRequestToken: 'token' };

  test('is read, whatever else it holds', () => {
    expect(parseRotationEvent({ ...EVENT, RotationToken: 'x' })).toEqual({
      step: 'setSecret',
      secret: 'arn',
      token: 'token',
    });
  });

  test.each([
    [{ ...EVENT, Step: 'deleteSecret' }],
    [{ ...EVENT, SecretId: '' }],
    [{ ...EVENT, ClientRequestToken: 7 }],
    [null],
    ['setSecret'],
  ])('%j is refused', (event) => {
    expect(() => parseRotationEvent(event)).toThrow('Expected an event {"Step","SecretId","ClientRequestToken"}');
  });

  test('of any shape is read or refused, and never breaks', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        try {
          expect(parseRotationEvent(event).token).not.toBe('');
        } catch (error) {
          expect(error).toMatchObject({ code: 'ROTATION_EVENT_INVALID' });
        }
      }),
    );
  });
});

describe('what a user is proven to be able to do', () => {
  test('is of users that the config makes, and of no others', () => {
    expect(rightsOf(config, 'default')).toBeUndefined();
    expect(rightsOf(config, 'edgehouse_reader_web_edge')).toBeUndefined();
    expect(rightsOf(config, 'edgehouse_reader_analyst')?.has).toEqual([
      'SELECT ON `edgehouse`.`batches`',
      'SELECT ON `edgehouse`.`web_events`',
    ]);
  });

  test.each(['edgehouse_writer', 'edgehouse_inspector', 'edgehouse_reader_analyst'])(
    'says of %s what it must have, and never the same as what it must not',
    (user) => {
      const { statements = [], has = [], hasNot = [] } = rightsOf(config, user) ?? {};

      expect([statements.length, has.length, hasNot.length].every((length) => length > 0)).toBe(true);
      expect(has.filter((right) => hasNot.includes(right))).toEqual([]);
      expect(hasNot).toContain('ALTER USER ON *');
      expect(hasNot).toContain('ALTER DELETE ON `edgehouse`.`web_events`');
      // Of a group ClickHouse says that it is missing where a part of it is there.
      const GROUP = /^(ALTER|ALTER TABLE|ALTER COLUMN|SYSTEM|SHOW ACCESS|FILE|URL|REMOTE|S3) ON /;
      expect(hasNot.filter((right) => GROUP.test(right))).toEqual([]);
    },
  );
});
