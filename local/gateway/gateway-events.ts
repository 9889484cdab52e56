import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayRequestAuthorizerEventV2,
} from 'aws-lambda';
import type { ParsedRequest } from './parse-request.ts';

/** What an authorizer puts into `requestContext.authorizer.lambda`. */
export type AuthorizerContext = Record<string, unknown>;

/** What the gateway itself adds to a request. */
export interface RequestFacts {
  readonly requestId: string;
  /** `POST /v1/streams/{stream}/batches` */
  readonly routeKey: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timeEpoch: number;
}

const ACCOUNT_ID = '000000000000';
const API_ID = 'local';
const STAGE = '$default';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/**
 * Content types whose body a function gets as text; every other one, and none at all, comes as base64. AWS says only
 * "binary"; the list was verified against the live service (ministackorg/ministack pull request 766).
 */
const TEXT_TYPE = /^(?:text\/.+|application\/(?:json|xml|javascript))$/;

/** Payload format 2.0 of a route without an authorizer. */
export function openEvent(request: ParsedRequest, facts: RequestFacts): APIGatewayProxyEventV2 {
  return { ...eventHead(request, facts), ...bodyOf(request), requestContext: requestContext(request, facts) };
}

/** Payload format 2.0 of a route behind a Lambda authorizer with simple responses. */
export function authorizedEvent(
  request: ParsedRequest,
  facts: RequestFacts,
  lambda: AuthorizerContext,
): APIGatewayProxyEventV2WithLambdaAuthorizer<AuthorizerContext> {
  return {
    ...eventHead(request, facts),
    ...bodyOf(request),
    requestContext: { ...requestContext(request, facts), authorizer: { lambda } },
  };
}

/**
 * Authorizer payload format 2.0 (developer guide, "Control access to HTTP APIs with AWS Lambda authorizers"): it has
 * no body, and `identitySource` holds the values in the order in which the authorizer names its sources.
 */
export function authorizerEvent(
  request: ParsedRequest,
  facts: RequestFacts,
  identitySource: readonly string[],
): APIGatewayRequestAuthorizerEventV2 {
  return {
    ...eventHead(request, facts),
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:us-east-1:${ACCOUNT_ID}:${API_ID}/${STAGE}/${request.method}${request.path}`,
    identitySource: [...identitySource],
    cookies: [...request.cookies],
    requestContext: requestContext(request, facts),
  };
}

function eventHead(request: ParsedRequest, facts: RequestFacts) {
  return {
    version: '2.0',
    routeKey: facts.routeKey,
    rawPath: request.path,
    rawQueryString: request.rawQueryString,
    ...(request.cookies.length > 0 && { cookies: [...request.cookies] }),
    headers: { ...request.headers },
    ...(Object.keys(request.query).length > 0 && { queryStringParameters: { ...request.query } }),
    ...(Object.keys(facts.parameters).length > 0 && { pathParameters: { ...facts.parameters } }),
  };
}

function requestContext(request: ParsedRequest, facts: RequestFacts): APIGatewayEventRequestContextV2 {
  return {
    accountId: ACCOUNT_ID,
    apiId: API_ID,
    ...(request.clientCertificate !== undefined && {
      authentication: { clientCert: { ...request.clientCertificate } },
    }),
    domainName: 'localhost',
    domainPrefix: 'localhost',
    http: {
      method: request.method,
      path: request.path,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: facts.requestId,
    routeKey: facts.routeKey,
    stage: STAGE,
    time: requestTime(facts.timeEpoch),
    timeEpoch: facts.timeEpoch,
  };
}

/**
 * Text is decoded as UTF-8 with what is invalid replaced: compressed bytes under a text type arrive destroyed, as
 * the caller must learn here and not in production.
 */
function bodyOf(request: ParsedRequest): { body?: string; isBase64Encoded: boolean } {
  if (request.body.byteLength === 0) return { isBase64Encoded: false };
  const bytes = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return TEXT_TYPE.test(mediaType)
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true };
}

/** `$context.requestTime`: Common Log Format, always UTC. */
function requestTime(timeEpoch: number): string {
  const at = new Date(timeEpoch);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
