import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSize, countBytes } from '../../../edgeworker/src/body-limits.ts';
import { encodeJson } from '../../../edgeworker/src/encode-json.ts';
import type { EdgeFacts } from '../../../edgeworker/src/enrich.ts';
import { answerOf, fakeEdge, SETTINGS } from './fake-edge.ts';

const { platform } = fakeEdge(() => answerOf(500, ''));
const { limits } = SETTINGS;
const FACTS: EdgeFacts = { batchId: 'b-1', visitor: { country: 'FR', city: undefined } };

describe('a JSON body', () => {
  test('is the array that was sent with what the edge knows, and of any other text a refusal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.array(fc.jsonValue()).map((rows) => JSON.stringify(rows)),
        ),
        (text) => {
          const sent = encodeJson(text, FACTS, { ...limits, maxEvents: 5 });

          if ('kind' in sent) return;
          const events: unknown[] = JSON.parse(text);
          expect(JSON.parse(sent.body)).toEqual(events.map(throughEdge));
          expect(sent.rows).toBe(events.length);
          expect(events.length).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['no JSON', '[{', 'BODY_MALFORMED'],
    ['no array', '{"path":"/"}', 'BODY_MALFORMED'],
    ['nested so deeply that it cannot be written', `[${'['.repeat(30_000)}${']'.repeat(30_000)}]`, 'BODY_MALFORMED'],
    ['empty', '[]', 'ROWS_EMPTY'],
    ['of too many events', JSON.stringify(Array(501).fill({})), 'EVENTS_TOO_MANY'],
  ])('that is %s is refused', (_name, text, code) => {
    const sent = encodeJson(text, FACTS, limits);

    expect(sent).toMatchObject({ kind: 'refused', code });
  });

  test('goes on with every number that a double holds, and is refused for one that it does not', () => {
    const digits = fc
      .integer({ min: 1, max: 400 })
      .chain((length) => fc.stringMatching(new RegExp(`^[1-9]\\d{${length}}$`)));
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits,
        fc.constantFrom('', '.5'),
        fc.constantFrom('', 'e', 'E+', 'e-'),
        fc.nat(400),
      )
      .map(([sign, whole, part, e, power]) => `${sign}${whole}${part}${e === '' ? '' : `${e}${power}`}`);
    const place = fc.constantFrom('[@]', '[ @ ]', '[{"a":@}]', '[{"a":[1,@,2]}]', '[{"a":"[1e999]","b": @\n}]');
    fc.assert(
      fc.property(number, place, (written, around) => {
        const text = around.replace('@', written);

        const sent = encodeJson(text, { batchId: 'b-1', visitor: {} }, limits);

        if (!Number.isFinite(Number(written))) expect(sent).toMatchObject({ kind: 'refused', code: 'BODY_MALFORMED' });
        else expect('body' in sent && sent.body).toContain(JSON.stringify(Number(written)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('that the edge would make too long is refused before it does', () => {
    const visitor = { user_agent: 'x'.repeat(1_000) };

    const sent = encodeJson(JSON.stringify(Array(440).fill({})), { batchId: 'b-1', visitor }, limits);

    expect(sent).toMatchObject({ kind: 'refused', code: 'BODY_TOO_LARGE' });
  });
});

test('a body is judged by its bytes, to the very last one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), maxLength: 70, size: 'max' }), (text) => {
      const maxBodyBytes = 60;

      const bytes = countBytes(text, { maxBodyBytes }, platform.encodeUtf8);
      const refused = checkSize(bytes, { maxBodyBytes });

      if (text.length <= maxBodyBytes) expect(bytes).toBe(Buffer.byteLength(text));
      expect(refused?.code).toBe(Buffer.byteLength(text) > maxBodyBytes ? 'BODY_TOO_LARGE' : undefined);
    }),
    { numRuns: 500 },
  );
});

function throughEdge(event: unknown, row: number): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  const { city: _, ...rest } = { city: '', ...event };
  return { ...rest, country: 'FR', request_id: `b-1/${row}` };
}
