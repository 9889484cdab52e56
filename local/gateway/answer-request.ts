import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithLambdaAuthorizer, Context } from 'aws-lambda';
import { type Authorizer, createAuthorizerGate, type Verdict } from './authorizer.ts';
import { callFunction, LAMBDA_PAYLOAD_BYTES } from './call-function.ts';
import { type Answer, GATEWAY_ANSWERS, readIntegrationResponse } from './gateway-answer.ts';
import { type AuthorizerContext, authorizedEvent, openEvent, type RequestFacts } from './gateway-events.ts';
import { lambdaContext } from './lambda-context.ts';
import { compileRoutes, type RoutePattern } from './match-route.ts';
import { HEAD_LIMIT_BYTES, headBytes, type ParsedRequest, parseRequest, type WireRequest } from './parse-request.ts';

interface TimedRoute extends RoutePattern {
  /** The function's own limit, milliseconds: Lambda ends it then, which the gateway answers as a fault. @default the gateway's */
  readonly timeoutMs?: number;
}

/** A route that anyone may call, such as an issuer's key set. */
export interface OpenRoute extends TimedRoute {
  readonly authorizer?: never;
  /** Answers as payload format 2.0 allows: a response object with `statusCode`, or any JSON value as the body. */
  readonly integration: (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
}

/** A route behind an authorizer. Routes that hold the same authorizer object share its cache, as on AWS. */
export interface AuthorizedRoute extends TimedRoute {
  readonly authorizer: Authorizer;
  /** As for an open route; `requestContext.authorizer.lambda` holds the authorizer's context. */
  readonly integration: (
    event: APIGatewayProxyEventV2WithLambdaAuthorizer<AuthorizerContext>,
    context: Context,
  ) => Promise<unknown>;
}

export type Route = OpenRoute | AuthorizedRoute;

/** Why the gateway answered by itself. For the access log: a caller only sees the opaque answer. */
export type GatewayReason =
  | 'REQUEST_MALFORMED'
  | 'HEAD_TOO_LARGE'
  | 'BODY_TOO_LARGE'
  | 'EVENT_TOO_LARGE'
  | 'ROUTE_MISSING'
  | 'IDENTITY_SOURCE_MISSING'
  | 'AUTHORIZER_DENIED'
  | 'AUTHORIZER_FAILED'
  | 'AUTHORIZER_TIMEOUT'
  | 'INTEGRATION_FAILED'
  | 'INTEGRATION_TIMEOUT';

/** What a function threw, or the error in what it returned: the line that Lambda would write to its log. */
export interface Fault {
  readonly requestId: string;
  readonly routeKey: string;
  readonly source: 'authorizer' | 'integration';
  readonly error: unknown;
}

export interface Answered {
  readonly answer: Answer;
  readonly routeKey?: string;
  readonly reason?: GatewayReason;
  readonly fault?: Fault;
}

/** API Gateway quota (http-api-quotas): "Maximum integration timeout", 30 s, fixed for HTTP APIs. */
const INTEGRATION_TIMEOUT_MS = 30_000;

/**
 * The gateway without its socket: routes, then authorizer, then integration.
 *
 * @param now milliseconds since the epoch
 * @throws RouteInvalidError, AuthorizerInvalidError for what API Gateway would not take
 */
export function createAnswerer(
  routes: readonly Route[],
  now: () => number,
): (wire: WireRequest, requestId: string) => Promise<Answered> {
  const gates = new Map<Authorizer, AuthorizerGate>();
  const gateOf = (authorizer: Authorizer): AuthorizerGate => {
    const gate = gates.get(authorizer) ?? createAuthorizerGate(authorizer, now);
    gates.set(authorizer, gate);
    return gate;
  };
  const match = compileRoutes(
    routes.map(
      (route): CompiledRoute => ({
        method: route.method,
        path: route.path,
        serve:
          route.authorizer === undefined
            ? serveOpen(route, now)
            : serveAuthorized(route, gateOf(route.authorizer), now),
      }),
    ),
  );

  return async (wire, requestId) => {
    if (headBytes(wire) > HEAD_LIMIT_BYTES) return refuse('headTooLarge', 'HEAD_TOO_LARGE');
    const request = parseRequest(wire);
    if (request === undefined) return refuse('badRequest', 'REQUEST_MALFORMED');
    const matched = match(request.method, request.path);
    if (matched === undefined) return refuse('notFound', 'ROUTE_MISSING');
    const routeKey = `${matched.route.method} ${matched.route.path}`;
    const facts = { requestId, routeKey, parameters: matched.parameters, timeEpoch: now() };
    return { ...(await matched.route.serve(request, facts)), routeKey };
  };
}

type Serve = (request: ParsedRequest, facts: RequestFacts) => Promise<Omit<Answered, 'routeKey'>>;
type AuthorizerGate = ReturnType<typeof createAuthorizerGate>;

interface CompiledRoute extends RoutePattern {
  readonly serve: Serve;
}

function serveOpen(route: OpenRoute, now: () => number): Serve {
  return async (request, facts) => {
    const event = openEvent(request, facts);
    return callIntegration(facts, event, (context) => route.integration(event, context), now, route.timeoutMs);
  };
}

function serveAuthorized(route: AuthorizedRoute, gate: AuthorizerGate, now: () => number): Serve {
  return async (request, facts) => {
    const verdict = await gate(request, facts);
    if (verdict.kind !== 'allowed') return refuseIdentity(verdict, facts);
    const event = authorizedEvent(request, facts, verdict.context);
    return callIntegration(facts, event, (context) => route.integration(event, context), now, route.timeoutMs);
  };
}

async function callIntegration(
  facts: RequestFacts,
  event: object,
  call: (context: Context) => Promise<unknown>,
  now: () => number,
  functionMs = Number.POSITIVE_INFINITY,
): Promise<Answered> {
  const limitMs = Math.min(functionMs, INTEGRATION_TIMEOUT_MS);
  if (Buffer.byteLength(JSON.stringify(event)) > LAMBDA_PAYLOAD_BYTES) return refuse('tooLarge', 'EVENT_TOO_LARGE');
  const context = lambdaContext(facts.requestId, now() + limitMs, now);
  const outcome = await callFunction(async () => call(context), limitMs);
  switch (outcome.kind) {
    case 'returned':
      try {
        return { answer: readIntegrationResponse(outcome.payload) };
      } catch (error) {
        return failed('INTEGRATION_FAILED', 'integration', facts, error);
      }
    case 'failed':
      return failed('INTEGRATION_FAILED', 'integration', facts, outcome.error);
    case 'timeout':
      return refuse(limitMs < INTEGRATION_TIMEOUT_MS ? 'internalError' : 'unavailable', 'INTEGRATION_TIMEOUT');
  }
}

function refuseIdentity(verdict: Exclude<Verdict, { kind: 'allowed' }>, facts: RequestFacts): Answered {
  switch (verdict.kind) {
    case 'identityMissing':
      return refuse('unauthorized', 'IDENTITY_SOURCE_MISSING');
    case 'denied':
      return refuse('forbidden', 'AUTHORIZER_DENIED');
    case 'timeout':
      return refuse('internalError', 'AUTHORIZER_TIMEOUT');
    case 'failed':
      return failed('AUTHORIZER_FAILED', 'authorizer', facts, verdict.error);
  }
}

function failed(reason: GatewayReason, source: Fault['source'], facts: RequestFacts, error: unknown): Answered {
  const { requestId, routeKey } = facts;
  return { ...refuse('internalError', reason), fault: { requestId, routeKey, source, error } };
}

function refuse(answer: keyof typeof GATEWAY_ANSWERS, reason: GatewayReason): Answered {
  return { answer: GATEWAY_ANSWERS[answer], reason };
}
