import type { ParsedRequest } from './parse-request.ts';

/**
 * An identity source in API Gateway's selection syntax. Developer guide, "Control access to HTTP APIs with AWS Lambda
 * authorizers": header names are case-insensitive, query string names are case-sensitive.
 */
export type IdentitySource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'routeKey' };

/** An authorizer that API Gateway would not take, or whose identity sources this gateway cannot read. */
export class AuthorizerInvalidError extends Error {
  override readonly name = 'AuthorizerInvalidError';
  readonly code = 'AUTHORIZER_INVALID';
}

/** @throws AuthorizerInvalidError for anything but a header, a query string value or `$context.routeKey` */
export function parseIdentitySource(expression: string): IdentitySource {
  if (expression === '$context.routeKey') return { kind: 'routeKey' };
  const [, place, name] = /^\$request\.(header|querystring)\.(.+)$/.exec(expression) ?? [];
  if (place === 'header' && name !== undefined) return { kind: 'header', name: name.toLowerCase() };
  if (place === 'querystring' && name !== undefined) return { kind: 'query', name };
  throw new AuthorizerInvalidError(
    `Identity source '${expression}' is not known. Expected $request.header.NAME, $request.querystring.NAME or ` +
      '$context.routeKey. Next: correct the authorizer.',
  );
}

/**
 * The values that an authorizer is asked with and that its answers are kept under.
 *
 * @returns undefined when one is missing or empty: the gateway then answers 401 and calls nothing ("verifying all of
 *   the identity-related request parameters are present, not null, and non-empty", CreateAuthorizer API reference)
 */
export function identityValues(
  sources: readonly IdentitySource[],
  request: ParsedRequest,
  routeKey: string,
): readonly string[] | undefined {
  const values: string[] = [];
  for (const source of sources) {
    const value = sourceValue(source, request, routeKey);
    if (value === undefined || value === '') return undefined;
    values.push(value);
  }
  return values;
}

function sourceValue(source: IdentitySource, request: ParsedRequest, routeKey: string): string | undefined {
  switch (source.kind) {
    case 'header':
      return ownValue(request.headers, source.name);
    case 'query':
      return ownValue(request.query, source.name);
    case 'routeKey':
      return routeKey;
  }
}

function ownValue(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
