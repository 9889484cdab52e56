import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitCsvRecords } from '../../../cli/split-csv-records.ts';
import { parseCsv } from '../../../functions/ingest/parse-csv.ts';
import type { RowText } from '../../../local/log/row-input.ts';

describe('the records of CSV', () => {
  test('keep the line they begin on and their text, with quoted line ends, LF or CRLF, and without blank lines', async () => {
    const input = '\uFEFFpath,note\r\n/a,"two\nlines, ""quoted"""\r\n\r\n\n/b,\n"/c",é';

    expect(await split(input)).toEqual([
      text(1, 'path,note'),
      text(2, '/a,"two\nlines, ""quoted"""'),
      text(6, '/b,'),
      text(7, '"/c",é'),
    ]);
  });

  test.each([
    ['a\n"b"c\nd\n', 2, 'text behind a closing quote'],
    ['a\nb"c"\nd\n', 2, 'a quote inside a field without quotes'],
    ['a\nb\rc\nd\n', 2, 'a carriage return without a line feed'],
    ['a\nb\r', 2, 'a carriage return without a line feed'],
    ['a\n"b\nc\n', 2, 'a quote that is never closed'],
  ])('end where it is in doubt where one ends: %j', async (input, line, doubt) => {
    const records = await split(input);

    expect(records).toEqual([
      text(1, 'a'),
      { kind: 'refused', line, reason: `${doubt}; nothing from here on was read` },
    ]);
  });

  test('that are too long or not UTF-8 are refused, and those after them still read', async () => {
    const input = Buffer.concat([Buffer.from('a\n"12345\n6789"\nok\n'), Buffer.from([0xff]), Buffer.from('\r\nfine')]);

    expect(await split(input, 4, 10)).toEqual([
      text(1, 'a'),
      { kind: 'refused', line: 2, reason: 'it has 12 bytes, expected at most 10' },
      text(4, 'ok'),
      { kind: 'refused', line: 5, reason: 'it is not UTF-8' },
      text(6, 'fine'),
    ]);
  });

  test('are those that ingest finds in the same bytes, however these are cut, and so are the doubts', async () => {
    const bodies = fc
      .array(fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'a', 'é', '\uFEFF', ' '), { maxLength: 40 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 1, max: 7 }), async (body, size) => {
        const expected: RowText[] = [];
        let isDoubtful = false;
        try {
          parseCsv(body, ({ start, end, line }) => void expected.push(text(line, body.slice(start, end))));
        } catch {
          isDoubtful = true;
        }
        const records = await split(body, size);
        expect(records.filter(({ kind }) => kind === 'text')).toEqual(expected);
        expect(records.at(-1)?.kind === 'refused').toBe(isDoubtful);
      }),
      { numRuns: 2_000 },
    );
  });
});

async function split(input: string | Uint8Array, size = 3, longest = 1_000): Promise<RowText[]> {
  const bytes = Buffer.from(input);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const records: RowText[] = [];
  for await (const record of splitCsvRecords(chunks(), longest)) records.push(record);
  return records;
}

function text(line: number, value: string): RowText {
  return { kind: 'text', line, text: value };
}
