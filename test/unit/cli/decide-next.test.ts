import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, parseAnswer } from '../../../cli/api-answer.ts';
import { type AttemptState, decideNext, MOST_ATTEMPTS } from '../../../cli/decide-next.ts';

const FIRST: AttemptState = { made: 1, renewed: false, now: Date.UTC(2026, 0, 1), random: 1 };

describe('after an attempt to send a batch', () => {
  test.each([200, 202, 422])('a receipt with status %i ends it', (status) => {
    const answer = parseAnswer(status, new Headers(), JSON.stringify(receipt()));

    expect(decideNext(answered(answer), FIRST)).toEqual({
      kind: 'done',
      receipt: expect.objectContaining({ batchId: 'b' }),
    });
  });

  test.each([429, 500, 502, 503, 504])('status %i is tried again', (status) => {
    expect(decideNext(answered(refusal(status)), FIRST)).toEqual({ kind: 'retry', waitMs: 500 });
  });

  test.each([301, 400, 401, 403, 404, 413, 415])('status %i stops the run', (status) => {
    expect(decideNext(answered(refusal(status)), FIRST).kind).toBe('stop');
  });

  test('an expired token is renewed once, then stops the run', () => {
    const expired = answered(refusal(401, 'TOKEN_EXPIRED'));

    expect(decideNext(expired, FIRST)).toEqual({ kind: 'renew' });
    expect(decideNext(expired, { ...FIRST, renewed: true }).kind).toBe('stop');
  });

  test('no answer is tried again, five times in all', () => {
    const next = [1, 2, 3, 4, 5].map((made) =>
      decideNext({ kind: 'unanswered', reason: 'ECONNRESET' }, { ...FIRST, made }),
    );

    expect(next).toEqual([
      { kind: 'retry', waitMs: 500 },
      { kind: 'retry', waitMs: 1000 },
      { kind: 'retry', waitMs: 2000 },
      { kind: 'retry', waitMs: 4000 },
      { kind: 'failed', reason: 'ECONNRESET after 5 attempts' },
    ]);
  });

  test.each([
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 500],
    ['0', 500],
    ['soon', 500],
    ['999999', 120_000],
  ])('Retry-After: %s is honoured within reason', (value, waitMs) => {
    expect(decideNext(answered(refusal(503), value), FIRST)).toEqual({ kind: 'retry', waitMs });
  });

  test('the waits are bounded and so is their number, whatever the answers', () => {
    const status = fc.integer({ min: 200, max: 599 });
    const retryAfter = fc.option(fc.string(), { nil: null });
    const made = fc.integer({ min: 1, max: MOST_ATTEMPTS });
    fc.assert(
      fc.property(
        status,
        retryAfter,
        made,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (code, after, count, random) => {
          const next = decideNext(answered(refusal(code), after), { ...FIRST, made: count, random });
          if (next.kind !== 'retry') return;
          expect(count).toBeLessThan(MOST_ATTEMPTS);
          expect(next.waitMs).toBeGreaterThanOrEqual(250);
          expect(next.waitMs).toBeLessThanOrEqual(120_000);
        },
      ),
    );
  });
});

describe('an answer', () => {
  test('of ingest that refuses says code, detail and next step', () => {
    const problem = {
      type: 'x',
      title: 't',
      status: 403,
      code: 'POLICY_DENIED',
      detail: 'seen',
      next: 'do',
      requestId: 'r',
    };

    expect(parseAnswer(403, new Headers(), JSON.stringify(problem))).toEqual({
      kind: 'refused',
      refusal: { status: 403, code: 'POLICY_DENIED', detail: 'seen', next: 'do' },
    });
  });

  test('of the gateway points to the audit line by its id', () => {
    const answer = parseAnswer(403, new Headers({ 'apigw-requestid': 'abc' }), '{"message":"Forbidden"}');

    expect(answer).toMatchObject({
      refusal: {
        detail: 'the gateway refused the identity',
        next: 'Find the reason in the audit line of request abc.',
      },
    });
  });

  test('with neither id was made by something in front', () => {
    expect(parseAnswer(403, new Headers(), '<html>')).toMatchObject({
      refusal: { code: undefined, detail: 'neither the gateway nor ingest answered' },
    });
  });

  test('that only looks like a receipt is none', () => {
    for (const body of [
      '{}',
      JSON.stringify({ ...receipt(), received: -1 }),
      JSON.stringify({ ...receipt(), outcome: 'lost' }),
    ]) {
      expect(parseAnswer(200, new Headers(), body).kind).toBe('refused');
    }
  });

  test('is a receipt or a refusal, whatever it holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, text) => {
        expect(parseAnswer(status, new Headers(), text).kind).toMatch(/^(receipt|refused)$/);
      }),
    );
  });
});

function receipt() {
  return { batchId: 'b', stream: 's', outcome: 'stored', received: 1, accepted: 1, quarantined: 0, errors: [] };
}

function refusal(status: number, code?: string): Answer {
  return { kind: 'refused', refusal: { status, code, detail: '', next: '' } };
}

function answered(answer: Answer, retryAfter: string | null = null) {
  return { kind: 'answered', answer, retryAfter } as const;
}
