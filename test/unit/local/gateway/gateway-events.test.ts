import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { authorizedEvent, authorizerEvent, openEvent } from '../../../../local/gateway/gateway-events.ts';
import { type ParsedRequest, parseRequest } from '../../../../local/gateway/parse-request.ts';

const FACTS = {
  requestId: 'id=',
  routeKey: 'POST /v1/streams/{stream}/batches',
  parameters: { stream: 'web_events' },
  timeEpoch: Date.UTC(2020, 2, 2, 19, 3, 8, 390),
};

function parsed(body: Uint8Array, contentType?: string): ParsedRequest {
  const type = contentType === undefined ? [] : ['Content-Type', contentType];
  const request = parseRequest({
    method: 'POST',
    target: '/v1/streams/web_events/batches?a=1&a=2',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'h', 'User-Agent', 'agent', 'Cookie', 'k=v', ...type],
    remoteAddress: '::ffff:127.0.0.1',
    body,
  });
  if (request === undefined) throw new Error('the request of this test must parse');
  return request;
}

describe('the event of a route', () => {
  test('is payload format 2.0', () => {
    expect(authorizedEvent(parsed(Buffer.from('[]'), 'application/json'), FACTS, { principal: 'p' })).toEqual({
      version: '2.0',
      routeKey: FACTS.routeKey,
      rawPath: '/v1/streams/web_events/batches',
      rawQueryString: 'a=1&a=2',
      cookies: ['k=v'],
      headers: { host: 'h', 'user-agent': 'agent', 'content-type': 'application/json', 'content-length': '2' },
      queryStringParameters: { a: '1,2' },
      pathParameters: { stream: 'web_events' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        authorizer: { lambda: { principal: 'p' } },
        domainName: 'localhost',
        domainPrefix: 'localhost',
        http: {
          method: 'POST',
          path: '/v1/streams/web_events/batches',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'agent',
        },
        requestId: 'id=',
        routeKey: FACTS.routeKey,
        stage: '$default',
        time: '02/Mar/2020:19:03:08 +0000',
        timeEpoch: FACTS.timeEpoch,
      },
      body: '[]',
      isBase64Encoded: false,
    });
  });

  test('without an authorizer names none, and without a body has no body member', () => {
    const event = openEvent(parsed(new Uint8Array()), FACTS);
    expect(event).not.toHaveProperty('body');
    expect(event.isBase64Encoded).toBe(false);
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test.each([
    ['text/csv', false],
    ['text/plain; charset=utf-8', false],
    ['application/json', false],
    ['Application/JSON;charset=utf-8', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/x-ndjson', true],
    ['application/problem+json', true],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['application/json,text/csv', true],
    ['', true],
    [undefined, true],
  ])('has a body of content type %s as base64: %s', (contentType, isBase64Encoded) => {
    const event = openEvent(parsed(Buffer.from('é'), contentType), FACTS);
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'w6k=' : 'é' });
  });

  test('has compressed bytes under a text type destroyed, and under another one intact', () => {
    const gzip = Uint8Array.of(0x1f, 0x8b, 0x08, 0xff);
    expect(openEvent(parsed(gzip, 'application/json'), FACTS).body).toBe('\u001f\ufffd\b\ufffd');
    const intact = openEvent(parsed(gzip, 'application/x-ndjson'), FACTS).body ?? '';
    expect(new Uint8Array(Buffer.from(intact, 'base64'))).toEqual(gzip);
  });

  test('carries any bytes of a binary type and any text of a text type unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }), (bytes, text) => {
        const binary = openEvent(parsed(bytes), FACTS);
        expect(new Uint8Array(Buffer.from(binary.body ?? '', 'base64'))).toEqual(new Uint8Array(bytes));
        const textual = openEvent(parsed(Buffer.from(text), 'text/csv'), FACTS);
        expect(textual.body).toBe(Buffer.from(text).toString());
        expect(JSON.parse(JSON.stringify(textual))).toEqual(textual);
      }),
    );
  });
});

describe('the event of an authorizer', () => {
  test('says who asks for which route, and never holds a body', () => {
    const event = authorizerEvent(parsed(Buffer.from('[]'), 'application/json'), FACTS, ['Bearer t', FACTS.routeKey]);
    expect(event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:local/$default/POST/v1/streams/web_events/batches',
      identitySource: ['Bearer t', FACTS.routeKey],
      routeKey: FACTS.routeKey,
      rawPath: '/v1/streams/web_events/batches',
      headers: { 'user-agent': 'agent' },
      pathParameters: { stream: 'web_events' },
    });
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('isBase64Encoded');
  });
});
