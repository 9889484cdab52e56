import type { AuthorizedRoute, OpenRoute, Route } from '../gateway/answer-request.ts';
import { type HttpApiDescription, TemplateUnreadableError } from './read-http-apis.ts';

/** The functions of the template, by the path of their construct. */
export interface LocalFunctions {
  /** Behind routes that anyone may call. */
  readonly open: Readonly<Record<string, OpenRoute['integration']>>;
  /** Behind an authorizer. */
  readonly authorized: Readonly<Record<string, AuthorizedRoute['integration']>>;
  readonly authorizers: Readonly<Record<string, AuthorizedRoute['authorizer']['authorize']>>;
}

/** The routes of an API with the local functions behind them. @throws TemplateUnreadableError for one that is none of them */
export function makeRoutes({ routes }: HttpApiDescription, functions: LocalFunctions): readonly Route[] {
  // Routes that share an authorizer share its cache: one object each.
  const authorizers = new Map<string, AuthorizedRoute['authorizer']>();
  return routes.map((route): Route => {
    const { method, path, timeoutMs, authorizer } = route;
    if (authorizer === undefined) {
      return { method, path, timeoutMs, integration: find(functions.open, route.function) };
    }
    const { identitySources, ttlSeconds } = authorizer;
    const shared = authorizers.get(authorizer.function) ?? {
      identitySources,
      ttlSeconds,
      authorize: find(functions.authorizers, authorizer.function),
    };
    authorizers.set(authorizer.function, shared);
    return { method, path, timeoutMs, authorizer: shared, integration: find(functions.authorized, route.function) };
  });
}

function find<T>(functions: Readonly<Record<string, T>>, path: string): T {
  const found = functions[path];
  if (found === undefined) throw new TemplateUnreadableError(`no function here is ${path}`);
  return found;
}
