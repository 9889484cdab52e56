import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readNotification } from '../../../../functions/replay/read-notification.ts';
import { notificationOf } from './spool-notification.ts';

const HEX = '0123456789abcdef'.repeat(4);
const NAME = `spool/${HEX}`;

describe('a notification of the spool', () => {
  test('names the object', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }), (hex) => {
        expect(readNotification(notificationOf(`spool/${hex}`))).toEqual({ kind: 'object', name: `spool/${hex}` });
      }),
    );
  });

  test('names it also where every character of the key is encoded', () => {
    const encoded = [...Buffer.from(NAME)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    expect(readNotification(notificationOf(encoded))).toEqual({ kind: 'object', name: NAME });
  });

  test.each([
    `verdicts/${HEX}`,
    `/${NAME}`,
    `${NAME}\n`,
    `${NAME}%0A`,
    `${NAME}+`,
    `${NAME}0`,
    NAME.slice(0, -1),
    NAME.toUpperCase(),
    `spool/../${NAME}`,
    `spool%2F..%2Fverdicts%2F${HEX}`,
    'spool/%',
    '',
  ])('of another key is none of ours: %j', (key) => {
    expect(readNotification(notificationOf(key))).toEqual({ kind: 'malformed' });
  });

  test.each([
    '',
    'null',
    '[]',
    '"Records"',
    '{"Records":null}',
    '{"Records":[]}',
    '{"Records":[{"s3":{"object":{"key":7}}}]}',
    `{"Records":{"0":"${NAME}"}}`,
    `{"Records":[{"s3":{"object":{"key":["${NAME}"]}}}]}`,
  ])('that is not formed as one is none of ours: %s', (body) => {
    expect(readNotification(body)).toEqual({ kind: 'malformed' });
  });

  test('that S3 sends when a bucket gets its notification announces nothing', () => {
    const body = '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-23T12:00:00.000Z","Bucket":"spool"}';

    expect(readNotification(body)).toEqual({ kind: 'test' });
  });

  test('of any text, JSON or key never throws, and names an object of the spool or none', () => {
    const shaped = fc.oneof(fc.string(), fc.webPath(), fc.constant(NAME), fc.jsonValue()).map(notificationOf);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), shaped), (body) => {
        const notification = readNotification(body);
        const name = notification.kind === 'object' ? notification.name : NAME;

        expect(name).toMatch(/^spool\/[0-9a-f]{64}$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
