import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAkamaiRefusal } from '../../../../functions/rotation/read-akamai-refusal.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

function read(body: string, headers: Readonly<Record<string, string>> = {}, status = 400) {
  return readAkamaiRefusal(status, new Headers(headers), body, NOW);
}

describe('an answer of Akamai that is no success', () => {
  test('of EdgeKV itself has its code and ids', () => {
    const body = JSON.stringify({ errorCode: 'EKV_9000', additionalDetail: { requestId: 'a1' }, requestId: 'other' });
    expect(read(body, { 'x-trace-id': 't1' })).toEqual({
      status: 400,
      errorCode: 'EKV_9000',
      requestId: 'a1',
      traceId: 't1',
    });
  });

  test('of another API has a code of another form', () => {
    expect(read('{"errorCode":"EW1021"}')).toEqual({ status: 400, errorCode: 'EW1021' });
  });

  test('of the gateway before it has its id at another place', () => {
    expect(read('{"requestId":"4ec255bc"}')).toEqual({ status: 400, requestId: '4ec255bc' });
  });

  test.each([
    [29_500, undefined],
    [30_000, undefined],
    [31_000, 31],
    [-31_000, -31],
  ])('tells a clock that is %d ms ahead only where that is why', (ahead, skewSeconds) => {
    const body = JSON.stringify({ requestTime: new Date(NOW - ahead).toISOString() });
    expect(read(body).skewSeconds).toBe(skewSeconds);
    expect(read(body, {}, 403).skewSeconds).toBeUndefined();
  });

  test('of any content is read, and only what has the form of a code or an id is taken over', () => {
    const text = fc.oneof(fc.string(), fc.jsonValue());
    const anyProblem = fc.record({ errorCode: text, requestId: text, additionalDetail: text, requestTime: text });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          anyProblem.map((body) => JSON.stringify(body)),
        ),
        (body) => {
          const { status, errorCode = 'A_1', requestId = 'a', skewSeconds = 31 } = read(body);
          expect(status).toBe(400);
          expect(errorCode).toMatch(/^[A-Z]{1,8}_?\d{1,6}$/);
          expect(requestId).toMatch(/^\S{1,128}$/);
          expect(Math.abs(skewSeconds)).toBeGreaterThan(30);
        },
      ),
    );
  });
});
