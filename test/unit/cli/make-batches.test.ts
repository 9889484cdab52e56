import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Batch, makeBatches } from '../../../cli/make-batches.ts';
import { readRows } from '../../../cli/read-rows.ts';
import { uuidV7 } from '../../../cli/uuid-v7.ts';
import type { InputRow } from '../../../local/log/row-input.ts';

describe('batches', () => {
  test('hold every row once, in order, within both limits, and each has an id of its own', async () => {
    const json = fc.jsonValue().map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(
        fc.array(json),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        async (all, rows, bytes) => {
          const batches = await batchesOf(all.map(row), { rows, bytes });

          const texts = batches.flatMap((batch) => Buffer.from(batch.body).toString().split('\n'));
          expect(texts).toEqual(all);
          expect(batches.flatMap(({ lines }) => lines)).toEqual(all.map((_, index) => index + 1));
          expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
          for (const batch of batches) {
            expect(batch.lines.length).toBeLessThanOrEqual(rows);
            if (batch.lines.length > 1) expect(batch.body.length).toBeLessThan(bytes);
          }
        },
      ),
    );
  });

  test('are not cut short by a refused row, which is reported', async () => {
    const seen: number[] = [];
    const input: InputRow[] = [row('1', 0), { kind: 'refused', line: 2, reason: 'x' }, row('3', 2)];

    const batches = await batchesOf(input, { rows: 2, bytes: 100 }, (line) => seen.push(line));

    expect(batches.map(({ lines }) => lines)).toEqual([[1, 3]]);
    expect(seen).toEqual([2]);
  });
});

describe('rows of a file', () => {
  test('go on as they are written, so that big numbers keep their digits', async () => {
    expect(await rowsOf('{"a": 12345678901234567890}\n[1]', 'ndjson')).toEqual([
      { kind: 'row', line: 1, text: '{"a": 12345678901234567890}' },
      { kind: 'row', line: 2, text: '[1]' },
    ]);
  });

  test('that are not JSON are refused with their line', async () => {
    expect(await rowsOf('{"a":1}\n{"a":\n\n{}', 'ndjson')).toMatchObject([
      { kind: 'row', line: 1 },
      { kind: 'refused', line: 2, reason: 'it is not JSON' },
      { kind: 'row', line: 4 },
    ]);
  });

  test('of a pretty-printed array take one line each, without a change of their values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const rows = await rowsOf(JSON.stringify(values, undefined, 2), 'json');

        expect(rows.map((one) => (one.kind === 'row' ? JSON.parse(one.text) : one))).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
        for (const one of rows) expect(one.kind === 'row' && one.text).not.toContain('\n');
      }),
    );
  });

  test('of an access log become events', async () => {
    const line = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 - "-" "-"';

    const rows = await rowsOf(`${line}\nnonsense\n`, 'combined');

    expect(rows).toMatchObject([
      { kind: 'row', line: 1, text: expect.stringContaining('"path":"/"') },
      { kind: 'refused', line: 2 },
    ]);
  });
});

describe('a batch id', () => {
  test('is the UUID of version 7 of RFC 9562, appendix A.6', () => {
    const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex');

    expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  test('is well formed and sorts by its time, whatever the random bytes', () => {
    const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
    const time = fc.nat({ max: 2 ** 48 - 2 });
    fc.assert(
      fc.property(time, random, random, (now, one, other) => {
        const [earlier, later] = [uuidV7(now, one), uuidV7(now + 1, other)];
        expect(earlier).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(earlier < later).toBe(true);
      }),
    );
  });
});

function row(text: string, index: number): InputRow {
  return { kind: 'row', line: index + 1, text };
}

async function batchesOf(
  rows: readonly InputRow[],
  limits: { rows: number; bytes: number },
  onRefused: (line: number) => void = () => {},
): Promise<Batch[]> {
  let id = 0;
  return collect(
    makeBatches(
      stream(rows),
      limits,
      () => String(id++),
      ({ line }) => onRefused(line),
    ),
  );
}

async function rowsOf(text: string, format: 'ndjson' | 'json' | 'combined'): Promise<InputRow[]> {
  return collect(readRows(stream([Buffer.from(text)]), format));
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
