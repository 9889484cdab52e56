import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DerInvalidError,
  readElement,
  readElements,
  readObjectIdentifier,
  readOnly,
} from '../../../../functions/authorizer/read-der.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('DER', () => {
  test('is read element by element, with short and long lengths', () => {
    const long = Buffer.concat([hex('04 82 01 00'), Buffer.alloc(256, 7)]);

    const elements = readElements(Buffer.concat([hex('01 01 ff 05 00'), long]));

    expect(elements.map(({ tag, content }) => [tag, content.length])).toEqual([
      [1, 1],
      [5, 0],
      [4, 256],
    ]);
  });

  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['content that is cut off', '30 02 00'],
    ['a length that is cut off', '30 82 01'],
    ['a length that could be shorter', '04 81 01 00'],
    ['a length with a leading zero', '04 82 00 80'],
    ['the indefinite form of BER', '30 80 00 00'],
    ['a length of five octets', '04 85 01 00 00 00 00'],
    ['a tag of two octets', '1f 81 00 00'],
  ])('is not %s', (_what, bytes) => {
    expect(() => readElement(hex(bytes))).toThrow(DerInvalidError);
  });

  test('has nothing behind what fills it, and is of the tag that was asked for', () => {
    expect([...readOnly(hex('30 02 05 00'), 0x30)]).toEqual([5, 0]);
    expect(() => readOnly(hex('30 00 05 00'), 0x30)).toThrow(DerInvalidError);
    expect(() => readOnly(hex('30 00'), 0x31)).toThrow(DerInvalidError);
  });

  // X.690 §8.19.5: its own example, {2 999 3}.
  test('names objects by number', () => {
    const names = ['88 37 03', '55 1d 0f', '2b 06 01 05 05 07 03 02', '2a 86 48 86 f7 0d', '00'];

    expect(names.map((name) => readObjectIdentifier(hex(name)))).toEqual([
      '2.999.3',
      '2.5.29.15',
      '1.3.6.1.5.5.7.3.2',
      '1.2.840.113549',
      '0.0',
    ]);
    for (const name of ['', '80 01', '55 80 01', '86', 'ff ff ff ff ff ff ff ff 7f']) {
      expect(() => readObjectIdentifier(hex(name))).toThrow(DerInvalidError);
    }
  });

  test('is what was written, and never read beyond its end', () => {
    const item = fc.record({ tag: fc.integer({ min: 0, max: 30 }), content: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const written = Buffer.concat(
          items.map(({ tag, content }) => Buffer.concat([header(tag, content.length), content])),
        );
        const read = readElements(written);
        expect(read.map(({ tag, content }) => ({ tag, content: Uint8Array.from(content) }))).toEqual(items);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(readElements(bytes).at(-1)?.end ?? 0).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DerInvalidError);
        }
      }),
    );
  });
});

function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  return Buffer.from(length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]);
}
