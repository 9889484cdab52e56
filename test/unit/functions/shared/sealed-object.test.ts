import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectTamperedError, sealObject, unsealObject } from '../../../../functions/shared/sealed-object.ts';
import {
  formatVersionedKeys,
  parseVersionedKeys,
  type VersionedKey,
} from '../../../../functions/shared/versioned-keys.ts';

const FIRST: VersionedKey = { version: 1, key: Buffer.alloc(32, 1) };
const SECOND: VersionedKey = { version: 2, key: Buffer.alloc(32, 2) };
const NAME = `spool/${'a'.repeat(64)}`;
/** Of the 43 base64url characters the last holds two bits that mean nothing. */
const LAST_OF_SEAL = '1.'.length + 42;

const bytes = fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content));

function refusal(open: () => unknown): unknown {
  try {
    open();
  } catch (error) {
    return error;
  }
  return undefined;
}

function flip(object: Buffer, at: number, mask: number): Buffer {
  const changed = Buffer.from(object);
  changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
  return changed;
}

describe('a sealed object', () => {
  test('gives back any content, byte for byte, also one that begins with lines', () => {
    fc.assert(
      fc.property(bytes, fc.string(), (content, name) => {
        expect(unsealObject([FIRST], name, sealObject([FIRST], name, content)).equals(content)).toBe(true);
      }),
    );
    const lines = Buffer.from('\n\n1.a\n');
    expect(unsealObject([FIRST], NAME, sealObject([FIRST], NAME, lines)).equals(lines)).toBe(true);
  });

  test('opens with every version that a key may have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (version) => {
        const keys = parseVersionedKeys(formatVersionedKeys([{ ...FIRST, version }]));
        const content = Buffer.from('content');
        expect(unsealObject(keys, NAME, sealObject(keys, NAME, content)).equals(content)).toBe(true);
      }),
      { examples: [[Number.MAX_SAFE_INTEGER], [1_763_884_800]] },
    );
  });

  test('with any byte changed is tampered', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, where, mask) => {
        const object = sealObject([FIRST], NAME, content);
        const at = where % object.length;
        // Another digit there names another version of the key.
        fc.pre(at !== 0);
        expect(refusal(() => unsealObject([FIRST], NAME, flip(object, at, mask)))).toBeInstanceOf(ObjectTamperedError);
      }),
      { numRuns: 1_000 },
    );
  });

  test('has one seal only: no other last character stands for the same HMAC', () => {
    const object = sealObject([FIRST], NAME, Buffer.from('content'));
    const taken = [...Array(255).keys()].filter(
      (mask) => refusal(() => unsealObject([FIRST], NAME, flip(object, LAST_OF_SEAL, mask + 1))) === undefined,
    );
    expect(taken).toEqual([]);
  });

  test('cut short, or with bytes after its end, is tampered', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (content, more, where) => {
        const object = sealObject([FIRST], NAME, content);
        const cut = object.subarray(0, where % object.length);
        const longer = Buffer.concat([object, more, Buffer.of(0)]);
        for (const changed of [cut, longer]) {
          expect(refusal(() => unsealObject([FIRST], NAME, changed))).toBeInstanceOf(ObjectTamperedError);
        }
      }),
    );
  });

  test('fits no other name, nor does the line between name and content move', () => {
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), (content, name, other) => {
        fc.pre(Buffer.from(name).compare(Buffer.from(other)) !== 0);
        const object = sealObject([FIRST], name, content);
        expect(refusal(() => unsealObject([FIRST], other, object))).toBeInstanceOf(ObjectTamperedError);
      }),
    );
    const verdict = sealObject([FIRST], 'verdicts/a', Buffer.from('x'));
    expect(refusal(() => unsealObject([FIRST], 'spool/a', verdict))).toMatchObject({ code: 'OBJECT_TAMPERED' });
  });

  test('fits no other key of the same version', () => {
    const object = sealObject([FIRST], NAME, Buffer.from('content'));
    const other = { ...FIRST, key: Buffer.alloc(32, 9) };
    expect(refusal(() => unsealObject([other], NAME, object))).toMatchObject({ code: 'OBJECT_TAMPERED' });
  });

  test('of the previous key version still opens, and a new one is sealed with the current', () => {
    const before = sealObject([FIRST], NAME, Buffer.from('before'));

    const after = sealObject([SECOND, FIRST], NAME, Buffer.from('after'));

    expect(unsealObject([SECOND, FIRST], NAME, before).toString()).toBe('before');
    expect(unsealObject([SECOND], NAME, after).toString()).toBe('after');
    expect(after.toString('latin1')).toMatch(/^2\.[\w-]{43}\nafter$/);
  });

  test('of a version that is not in force is refused, and the refusal says which', () => {
    const object = sealObject([FIRST], NAME, Buffer.from('content'));
    expect(refusal(() => unsealObject([SECOND], NAME, object))).toMatchObject({
      code: 'SEAL_KEY_UNKNOWN',
      retryable: true,
      message: expect.stringContaining('version 1, which is not in force'),
    });
  });

  test('that is none at all is tampered, whatever it is; nothing of it is in the refusal', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, fc.string().map(Buffer.from)), (object) => {
        expect(refusal(() => unsealObject([FIRST], NAME, object))).toBeInstanceOf(ObjectTamperedError);
      }),
    );
    for (const object of [
      'canary\ncanary',
      `1.${'canary_'.repeat(7).slice(0, 43)}\ncanary`,
      `0${'canary'.repeat(20)}`,
    ]) {
      const error = refusal(() => unsealObject([FIRST], NAME, Buffer.from(object)));
      expect(error).toMatchObject({ code: 'OBJECT_TAMPERED', message: expect.not.stringContaining('canary') });
    }
  });
});
