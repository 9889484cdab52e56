import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitJsonArray } from '../../../cli/split-json-array.ts';
import type { RowText } from '../../../local/log/row-input.ts';
import { splitLines } from '../../../local/log/split-lines.ts';

type Split = (chunks: AsyncIterable<Uint8Array>, longest: number) => AsyncGenerator<RowText>;

describe('lines', () => {
  test('keep their number when blank ones are left out, with LF or CRLF, with and without a last line end', async () => {
    const rows = await split(splitLines, 'a\r\n\n  \nb\nc');

    expect(rows).toEqual([text(1, 'a'), text(4, 'b'), text(5, 'c')]);
  });

  test('lose the byte order mark of the file', async () => {
    expect(await split(splitLines, '\uFEFFa\nb')).toEqual([text(1, 'a'), text(2, 'b')]);
  });

  test('that are too long or not UTF-8 are refused, and those after them still read', async () => {
    const input = Buffer.concat([Buffer.from('12345678901\nok\n'), Buffer.from([0xff]), Buffer.from('\nfine')]);

    expect(await split(splitLines, input)).toEqual([
      { kind: 'refused', line: 1, reason: 'it has 11 bytes, expected at most 10' },
      text(2, 'ok'),
      { kind: 'refused', line: 3, reason: 'it is not UTF-8' },
      text(4, 'fine'),
    ]);
  });

  test('are the same however the bytes are cut', async () => {
    const content = fc.string({ unit: 'grapheme' }).filter((line) => line.trim() !== '' && !/[\r\n\uFEFF]/.test(line));
    await fc.assert(
      fc.asyncProperty(fc.array(content), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const rows = await split(splitLines, lines.join('\n'), size, 1000);
        expect(rows).toEqual(lines.map((line, index) => text(index + 1, line)));
      }),
    );
  });
});

describe('the elements of a JSON array', () => {
  test('keep the line they begin on, and brackets and commas in text part nothing', async () => {
    const input = '\n[ {"a": "]},[{"},\n  {"b": ["\\"", {}]} ,\n\n3 ]\n';

    expect(await split(splitJsonArray, input, 3, 100)).toEqual([
      text(2, '{"a": "]},[{"}'),
      text(3, '{"b": ["\\"", {}]} '),
      text(5, '3 '),
    ]);
  });

  test.each([
    ['[]', []],
    [' [ ] ', []],
    ['{"a":1}', [refused('the input is not a JSON array')]],
    ['', [refused('the input is not a JSON array')]],
    ['[1', [refused('the array has no end')]],
    ['[1] 2', [text(1, '1'), refused('there is more after the array')]],
    ['[1,]', [text(1, '1'), text(1, '')]],
    ['[12345678901,2]', [refused('it has 11 bytes, expected at most 10'), text(1, '2')]],
  ])('%j', async (input, expected) => {
    expect(await split(splitJsonArray, input)).toEqual(expected);
  });

  test('are those of JSON.parse, however the bytes are cut and the text is laid out', async () => {
    const layout = fc.constantFrom(undefined, 1, '\t');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        layout,
        fc.integer({ min: 1, max: 9 }),
        async (values, space, size) => {
          const input = JSON.stringify(values, undefined, space);
          const rows = await split(splitJsonArray, input, size, 10_000);
          expect(rows.map((row) => (row.kind === 'text' ? JSON.parse(row.text) : row))).toEqual(JSON.parse(input));
        },
      ),
    );
  });

  test('are found or refused in any bytes, without a throw', async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.array(fc.constantFrom(...'[]{},":\\ 1\n')).map((all) => Buffer.from(all.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5 }), async (input, size) => {
        for (const row of await split(splitJsonArray, input, size)) expect(['text', 'refused']).toContain(row.kind);
      }),
      { numRuns: 500 },
    );
  });
});

async function split(by: Split, input: string | Uint8Array, size = 4, longest = 10): Promise<RowText[]> {
  return collect(by(cut(Buffer.from(input), size), longest));
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function text(line: number, value: string): RowText {
  return { kind: 'text', line, text: value };
}

function refused(reason: string): RowText {
  return { kind: 'refused', line: 1, reason };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
