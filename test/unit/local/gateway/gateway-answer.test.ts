import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IntegrationResponseError, readIntegrationResponse } from '../../../../local/gateway/gateway-answer.ts';

function read(response: unknown) {
  const answer = readIntegrationResponse(JSON.stringify(response));
  return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body).toString() };
}

describe('what an integration returns', () => {
  test('with a status code is the response', () => {
    const response = {
      statusCode: 202,
      headers: { 'Content-Type': 'application/json', 'Retry-After': 3, 'X-Flag': true },
      cookies: ['a=1', 'b=2'],
      body: '{}',
    };
    expect(read(response)).toEqual({
      status: 202,
      headers: [
        ['content-type', 'application/json'],
        ['retry-after', '3'],
        ['x-flag', 'true'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      body: '{}',
    });
  });

  test('as base64 goes out as its bytes', () => {
    const body = Buffer.from([0, 255, 7]).toString('base64');
    const answer = readIntegrationResponse(JSON.stringify({ statusCode: 200, body, isBase64Encoded: true }));
    expect([...answer.body]).toEqual([0, 255, 7]);
  });

  test('without a content type is plain text', () => {
    expect(read({ statusCode: 200, body: 'x' }).headers).toEqual([['content-type', 'text/plain; charset=utf-8']]);
  });

  test.each([
    ['Hello', 'Hello'],
    [{ message: 'Hello' }, '{"message":"Hello"}'],
    [[1, 2], '[1,2]'],
    [42, '42'],
    [null, 'null'],
  ])('%j without a status code is the body of a 200', (response, body) => {
    expect(read(response)).toEqual({ status: 200, headers: [['content-type', 'application/json']], body });
  });

  test('cannot set the headers by which the gateway frames and names its answer', () => {
    const headers = { 'Content-Type': 'a/b', 'Content-Length': 9, 'apigw-requestid': 'x', Connection: 'close' };
    expect(read({ statusCode: 200, headers }).headers).toEqual([['content-type', 'a/b']]);
  });

  test.each([
    { statusCode: '200' },
    { statusCode: 200.5 },
    { statusCode: 100 },
    { statusCode: 700 },
    { statusCode: null },
    { statusCode: 200, body: {} },
    { statusCode: 200, headers: [] },
    { statusCode: 200, headers: { a: ['b'] } },
    { statusCode: 200, headers: { 'a b': 'c' } },
    { statusCode: 200, headers: { a: 'b\r\nset-cookie: c' } },
    { statusCode: 200, headers: { a: 'ſ' } },
    { statusCode: 200, cookies: 'a=1' },
    { statusCode: 200, cookies: ['a\n'] },
    { statusCode: 200, isBase64Encoded: 'true' },
  ])('as %j is no response', (response) => {
    expect(() => read(response)).toThrow(IntegrationResponseError);
  });

  test('is an answer or no response, whatever it is', () => {
    const response = fc.oneof(
      fc.jsonValue(),
      fc.record({ statusCode: fc.jsonValue(), headers: fc.jsonValue(), body: fc.jsonValue(), cookies: fc.jsonValue() }),
      fc.record({ statusCode: fc.constant(200), headers: fc.dictionary(fc.string(), fc.string()), body: fc.string() }),
    );
    fc.assert(
      fc.property(response, (value) => {
        try {
          const { status } = readIntegrationResponse(JSON.stringify(value));
          expect(status).toBeGreaterThanOrEqual(200);
        } catch (error) {
          expect(error).toBeInstanceOf(IntegrationResponseError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
