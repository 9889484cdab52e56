import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeOrigin, pageOrigin } from '../../../edgeworker/src/origin.ts';
import { readBatchId } from '../../../edgeworker/src/read-batch-id.ts';
import { uuidV7 } from '../../../edgeworker/src/uuid.ts';
import { answerOf, fakeEdge, headersOf, NOW_SECONDS } from './fake-edge.ts';

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

describe('the page of a request without Origin', () => {
  test.each([
    ['that of the Referer', 'https://www.example.com/cart?id=7', 'https://www.example.com'],
    ['that of a Referer that is an origin', 'https://www.example.com', 'https://www.example.com'],
    ['that of a Referer with a port', 'http://localhost:8080/a', 'http://localhost:8080'],
    ['unknown from a host that hides behind another', 'https://www.example.com@evil.example/', undefined],
    ['unknown from a host that a browser would read otherwise', 'https://evil.example\\@www.example.com/', undefined],
    ['unknown from a scheme that is no page', 'android-app://www.example.com/', undefined],
    ['unknown from a path', '/cart', undefined],
    ['unknown without a Referer', '', undefined],
  ])('is %s', (_name, referer, expected) => {
    const origin = pageOrigin(headersOf({ Referer: referer }));

    expect(origin).toBe(expected);
  });

  test('does not count where there is an Origin, be it that of a sandbox', () => {
    const origin = pageOrigin(headersOf({ Origin: 'null', Referer: 'https://www.example.com/' }));

    expect(origin).toBe('null');
  });

  test('is the one that a browser writes, of any address', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const { href, origin } = new URL(url);

        const read = pageOrigin(headersOf({ Referer: href }));

        expect(read).toBe(origin);
      }),
    );
  });

  test('is never one of the list where a browser would go elsewhere', () => {
    const pieces = ['https://', 'www.example.com', 'evil.example', '@', '\\', '/', '?', '#', ':443', ':', '.', ' '];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 6 }), (parts) => {
        const referer = `https://${parts.join('')}`;

        const verdict = judgeOrigin(pageOrigin(headersOf({ Referer: referer })), { host: 'shop.example.com' }, ALLOWED);

        if (verdict !== 'denied') expect(new URL(referer).origin).toBe('https://www.example.com');
      }),
      { numRuns: 2_000 },
    );
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
