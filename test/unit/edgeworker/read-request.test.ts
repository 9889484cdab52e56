import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeOrigin } from '../../../edgeworker/src/origin.ts';
import { readBatchId } from '../../../edgeworker/src/read-batch-id.ts';
import { readEvents } from '../../../edgeworker/src/read-events.ts';
import { uuidV7 } from '../../../edgeworker/src/uuid.ts';
import { answerOf, fakeEdge, NOW_SECONDS } from './fake-edge.ts';

const { platform } = fakeEdge(() => answerOf(500, ''));
const ALLOWED = ['https://www.example.com'];

describe('the origin of a page', () => {
  test.each([
    ['its own', 'https://shop.example.com', 'same'],
    ['its own, behind a TLS front', 'https://shop.example.com', 'same', 'http'],
    ['its own without TLS, while the request has it', 'http://shop.example.com', 'denied'],
    ['one of the list', 'https://www.example.com', 'allowed'],
    ['one that only begins like one of the list', 'https://www.example.com.evil.example', 'denied'],
    ['another scheme', 'http://www.example.com', 'denied'],
    ['a sandbox', 'null', 'denied'],
    ['missing', undefined, 'denied'],
  ])('that is %s is judged', (_name, origin, expected, scheme = 'https') => {
    const verdict = judgeOrigin(origin, { scheme, host: 'shop.example.com' }, ALLOWED);

    expect(verdict).toBe(expected);
  });

  test('is never the own one of a request without host', () => {
    const verdict = judgeOrigin('https://undefined', { scheme: 'https', host: undefined }, ALLOWED);

    expect(verdict).toBe('denied');
  });
});

describe('the id of a batch', () => {
  test('is the same in header and query, in any case', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const both = readBatchId(id.toUpperCase(), `x=1&batch=${id}`);

        expect(both).toEqual({ kind: 'given', batchId: id });
      }),
    );
  });

  test.each([undefined, null, '', 'rebatch=1', 'x=batch'])('is not given by the query %p', (query) => {
    const read = readBatchId(undefined, query);

    expect(read).toEqual({ kind: 'none' });
  });

  test('is either a lower-case UUID or refused, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (header, query) => {
        const read = readBatchId(header, `batch=${query}`);

        expect(read.kind === 'given' ? read.batchId : read.kind).toMatch(/^([0-9a-f-]{36}|malformed)$/);
      }),
    );
  });

  test('that the edge makes is a UUID of version 7 with the time in front', () => {
    const ids = Array.from({ length: 50 }, () => uuidV7(platform));

    expect(new Set(ids).size).toBe(50);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOW_SECONDS * 1_000);
    }
  });
});

describe('the events of a body', () => {
  test('are read up to the very limits', () => {
    const limits = { maxBodyBytes: 9, maxEvents: 3 };

    const fits = readEvents('[1,22,33]', limits, platform.encodeUtf8);
    const tooLong = readEvents('[1,22,333]', limits, platform.encodeUtf8);
    const tooMany = readEvents('[1,2,3,4]', limits, platform.encodeUtf8);

    expect(fits).toEqual({ kind: 'events', events: [1, 22, 33] });
    expect([tooLong, tooMany]).toMatchObject([{ code: 'BODY_TOO_LARGE' }, { code: 'EVENTS_TOO_MANY' }]);
  });

  test('are the array that was sent, and of any other text a refusal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.array(fc.jsonValue()).map((rows) => JSON.stringify(rows)),
        ),
        (text) => {
          const read = readEvents(text, { maxBodyBytes: 1_000, maxEvents: 5 }, platform.encodeUtf8);

          if (read.kind === 'refused') return;
          expect(JSON.parse(text)).toEqual(read.events);
          expect(read.events.length).toBeLessThanOrEqual(5);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000);
        },
      ),
      { numRuns: 500 },
    );
  });
});
