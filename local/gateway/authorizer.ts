import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { callFunction } from './call-function.ts';
import { type AuthorizerContext, authorizerEvent, type RequestFacts } from './gateway-events.ts';
import { AuthorizerInvalidError, identityValues, parseIdentitySource } from './identity-source.ts';
import { isJsonObject } from './json-object.ts';
import type { ParsedRequest } from './parse-request.ts';
import { VerdictCache } from './verdict-cache.ts';

/** A Lambda REQUEST authorizer, payload format 2.0, with simple responses. */
export interface Authorizer {
  /** `$request.header.Authorization`, `$request.querystring.x`, `$context.routeKey`. */
  readonly identitySources: readonly string[];
  /** How long an answer is kept, in seconds: 0 (not at all) to 3600. More than 0 needs an identity source. */
  readonly ttlSeconds: number;
  /** Who is asking? Throw where that cannot be decided: the gateway then answers 500 and keeps nothing. */
  readonly authorize: (event: APIGatewayRequestAuthorizerEventV2) => Promise<SimpleResponse>;
}

export interface SimpleResponse {
  readonly isAuthorized: boolean;
  /** Reaches the integration as `requestContext.authorizer.lambda`; anything JSON can say. */
  readonly context?: AuthorizerContext;
}

/** What the gateway does with a request, once its authorizer has been asked. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly context: AuthorizerContext }
  | { readonly kind: 'denied' }
  | { readonly kind: 'identityMissing' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The authorizer answered something that is not a simple response. */
export class AuthorizerResponseError extends Error {
  override readonly name = 'AuthorizerResponseError';
  readonly code = 'AUTHORIZER_RESPONSE_INVALID';

  constructor() {
    super(
      'The authorizer returned no simple response. Expected {isAuthorized: boolean, context?: object}. ' +
        'Next: correct its handler.',
    );
  }
}

/** API Gateway quota (http-api-quotas): "Timeout for Lambda authorizer response", 10000 ms. */
const TIMEOUT_MS = 10_000;
/** API reference, CreateAuthorizer, AuthorizerResultTtlInSeconds: "The maximum value is 3600, or 1 hour". */
const MAX_TTL_SECONDS = 3600;
/** AWS names no size; this bounds the memory of a stack that runs for days (about 10 MB at 1 KB a token). */
const CACHE_CAPACITY = 10_000;

/** Kept as JSON, so that no two requests share one context object. */
type KeptVerdict = { readonly kind: 'allowed'; readonly contextJson: string } | { readonly kind: 'denied' };

/**
 * Puts an authorizer, with a cache of its own, before routes.
 *
 * @param now milliseconds since the epoch
 * @throws AuthorizerInvalidError for an unknown identity source, a TTL out of range, or a TTL without a source ("To
 *   enable caching, your authorizer must have at least one identity source", developer guide)
 */
export function createAuthorizerGate(
  authorizer: Authorizer,
  now: () => number,
): (request: ParsedRequest, facts: RequestFacts) => Promise<Verdict> {
  const sources = authorizer.identitySources.map(parseIdentitySource);
  checkTtl(authorizer);
  const cache = new VerdictCache<KeptVerdict>(authorizer.ttlSeconds, CACHE_CAPACITY);
  return async (request, facts) => {
    const values = identityValues(sources, request, facts.routeKey);
    if (values === undefined) return { kind: 'identityMissing' };
    const kept = cache.get(values, now());
    if (kept !== undefined) return verdictOf(kept);

    const event = authorizerEvent(request, facts, values);
    const outcome = await callFunction(async () => authorizer.authorize(event), TIMEOUT_MS);
    if (outcome.kind !== 'returned') return outcome;
    const verdict = readSimpleResponse(outcome.payload);
    if (verdict === undefined) return { kind: 'failed', error: new AuthorizerResponseError() };
    cache.put(values, verdict, now());
    return verdictOf(verdict);
  };
}

function checkTtl({ ttlSeconds, identitySources }: Authorizer): void {
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS) {
    throw new AuthorizerInvalidError(
      `Authorizer TTL is ${ttlSeconds}. Expected whole seconds from 0 to ${MAX_TTL_SECONDS}. Next: correct it.`,
    );
  }
  if (ttlSeconds > 0 && identitySources.length === 0) {
    throw new AuthorizerInvalidError(
      `Authorizer TTL is ${ttlSeconds} but it has no identity source to keep answers under. Expected at least one. ` +
        'Next: name a source, or set the TTL to 0.',
    );
  }
}

/**
 * Only `true` lets a request pass. An answer without `isAuthorized`, or with a context that is no object, is "a
 * response in an invalid format", for which "clients receive a `500 Internal Server Error`" (developer guide).
 */
function readSimpleResponse(payload: string): KeptVerdict | undefined {
  const answer: unknown = JSON.parse(payload);
  if (!isJsonObject(answer) || !Object.hasOwn(answer, 'isAuthorized')) return undefined;
  const context = answer['context'] ?? {};
  if (!isJsonObject(context)) return undefined;
  return answer['isAuthorized'] === true
    ? { kind: 'allowed', contextJson: JSON.stringify(context) }
    : { kind: 'denied' };
}

function verdictOf(kept: KeptVerdict): Verdict {
  return kept.kind === 'denied' ? kept : { kind: 'allowed', context: JSON.parse(kept.contextJson) };
}
