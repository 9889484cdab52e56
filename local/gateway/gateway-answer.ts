import { isJsonObject } from './json-object.ts';

/** What goes back over the wire, before the gateway adds its request id. */
export interface Answer {
  readonly status: number;
  /** Name and value; a name may repeat (`set-cookie`). */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** What the gateway answers by itself: opaque on purpose, as on AWS. */
export const GATEWAY_ANSWERS = {
  badRequest: ownAnswer(400, 'Bad Request'),
  unauthorized: ownAnswer(401, 'Unauthorized'),
  forbidden: ownAnswer(403, 'Forbidden'),
  notFound: ownAnswer(404, 'Not Found'),
  tooLarge: ownAnswer(413, 'Request Entity Too Large'),
  headTooLarge: ownAnswer(431, 'Request Header Fields Too Large'),
  internalError: ownAnswer(500, 'Internal Server Error'),
  unavailable: ownAnswer(503, 'Service Unavailable'),
} as const satisfies Record<string, Answer>;

/** The integration answered what payload format 2.0 does not allow. */
export class IntegrationResponseError extends Error {
  override readonly name = 'IntegrationResponseError';
  readonly code = 'INTEGRATION_RESPONSE_INVALID';

  constructor(member: string, expected: string) {
    super(`The integration's response has an unusable ${member}. Expected ${expected}. Next: correct its handler.`);
  }
}

/** The gateway frames the answer itself, and its request id is not the function's to set. */
const GATEWAYS_OWN = new Set(['apigw-requestid', 'connection', 'content-length', 'keep-alive', 'transfer-encoding']);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Control characters could split the answer in two; beyond Latin-1 a header cannot carry (RFC 9110 §5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads a function's answer as payload format 2.0 does: an object with `statusCode` is a response, everything else is
 * the body of a 200 of `application/json`. Sources: developer guide, "Lambda function response for format 2.0", and
 * where that is silent, AWS's own test tool for .NET, written against the live service (a JSON string loses its
 * quotes, a status that is no integer is a 500, a response without a content type is `text/plain; charset=utf-8`).
 *
 * @param payload the function's answer as JSON
 * @throws IntegrationResponseError
 */
export function readIntegrationResponse(payload: string): Answer {
  const response: unknown = JSON.parse(payload);
  if (!isJsonObject(response) || !Object.hasOwn(response, 'statusCode')) {
    const text = typeof response === 'string' ? response : payload;
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
  }
  const headers = readHeaders(response['headers'] ?? {});
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', 'text/plain; charset=utf-8']);
  return {
    status: readStatus(response['statusCode']),
    headers: [...headers, ...readCookies(response['cookies'] ?? [])],
    body: readBody(response['body'] ?? '', response['isBase64Encoded'] ?? false),
  };
}

function readStatus(status: unknown): number {
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new IntegrationResponseError('statusCode', 'an integer from 200 to 599');
}

function readHeaders(headers: unknown): [string, string][] {
  if (!isJsonObject(headers)) throw new IntegrationResponseError('headers', 'an object');
  const read: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new IntegrationResponseError('header name', 'a token of RFC 9110');
    if (!['string', 'number', 'boolean'].includes(typeof value) || !HEADER_VALUE.test(String(value))) {
      throw new IntegrationResponseError(
        `value of header ${name}`,
        'a string, number or boolean without control characters',
      );
    }
    if (!GATEWAYS_OWN.has(name.toLowerCase())) read.push([name.toLowerCase(), String(value)]);
  }
  return read;
}

function readCookies(cookies: unknown): [string, string][] {
  if (!Array.isArray(cookies)) throw new IntegrationResponseError('cookies', 'an array of strings');
  return cookies.map((cookie: unknown): [string, string] => {
    if (typeof cookie === 'string' && HEADER_VALUE.test(cookie)) return ['set-cookie', cookie];
    throw new IntegrationResponseError('cookies', 'an array of strings without control characters');
  });
}

function readBody(body: unknown, isBase64Encoded: unknown): Uint8Array {
  if (typeof body !== 'string') throw new IntegrationResponseError('body', 'a string');
  if (typeof isBase64Encoded !== 'boolean') throw new IntegrationResponseError('isBase64Encoded', 'a boolean');
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function ownAnswer(status: number, message: string): Answer {
  return { status, headers: [['content-type', 'application/json']], body: Buffer.from(JSON.stringify({ message })) };
}
