import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readBoundedText } from '../../../../functions/shared/read-bounded-text.ts';

/** A body that comes in these pieces, and tells how many were asked for. */
function inPieces(pieces: readonly Uint8Array[]) {
  const state = { given: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[state.given++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body), state };
}

describe('a body with a bound', () => {
  test('is the text, wherever its pieces end', async () => {
    const piece = fc.uint8Array({ maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.array(piece), async (text, lengths) => {
        const bytes = Buffer.from(text.toWellFormed());
        const pieces: Uint8Array[] = [];
        let rest = bytes;
        for (const { length } of lengths) {
          pieces.push(rest.subarray(0, length));
          rest = rest.subarray(length);
        }
        const { response } = inPieces([...pieces, rest].filter(({ length }) => length > 0));

        expect(await readBoundedText(response, 10_000)).toBe(text.toWellFormed().replace(/^\uFEFF/, ''));
      }),
    );
  });

  test('of exactly so many bytes is read; of one more nothing, and the rest is not even fetched', async () => {
    const pieces = [Buffer.alloc(4, 'a'), Buffer.alloc(4, 'b'), Buffer.alloc(4, 'c'), Buffer.alloc(4, 'd')];
    const [whole, large] = [inPieces(pieces), inPieces(pieces)];

    expect(await readBoundedText(whole.response, 16)).toBe('aaaabbbbccccdddd');
    expect(await readBoundedText(large.response, 7)).toBeUndefined();
    expect(large.state).toEqual({ given: 2, cancelled: true });
  });

  test('that is not UTF-8 is not guessed at', async () => {
    expect(await readBoundedText(new Response(Uint8Array.of(0xff, 0x61)), 10)).toBeUndefined();
  });

  test('that is not there is empty', async () => {
    expect(await readBoundedText(new Response(null), 10)).toBe('');
  });
});
