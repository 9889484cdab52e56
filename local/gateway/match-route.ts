/**
 * Which route takes a request: API Gateway's own path syntax and order of priority.
 * Source: API Gateway developer guide, "Create routes for HTTP APIs" (http-api-develop-routes): a full match comes
 * first, then a greedy path variable; `ANY` takes the methods that are not defined for a path.
 */
export interface RoutePattern {
  /** `GET`, `POST`, … or `ANY`. */
  readonly method: string;
  /** `/v1/streams/{stream}/batches`; a last segment `{name+}` takes the rest of the path. */
  readonly path: string;
}

export interface RouteMatch<R extends RoutePattern> {
  readonly route: R;
  /** Values of the path variables; the decoded text of their segments. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A route that API Gateway would not take. */
export class RouteInvalidError extends Error {
  override readonly name = 'RouteInvalidError';
  readonly code = 'ROUTE_INVALID';
}

type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'greedy'; readonly name: string };

interface CompiledRoute<R> {
  readonly route: R;
  readonly method: string;
  readonly segments: readonly Segment[];
}

const METHOD = /^[A-Z]+$/;
const VARIABLE = /^\{([A-Za-z0-9._-]+)(\+?)\}$/;
const SPECIFICITY = { text: 0, variable: 1, greedy: 2 } as const;

/**
 * Compiles routes to a function that finds the one for a request.
 *
 * @returns a function of the method and the *decoded* path: API Gateway decodes first, so `%2F` separates segments
 *   ("The api gatway cannot handle %2f", aws/aws-lambda-dotnet pull request 1901)
 * @throws RouteInvalidError for a path that is not in API Gateway's syntax, or a route that appears twice
 */
export function compileRoutes<R extends RoutePattern>(
  routes: readonly R[],
): (method: string, path: string) => RouteMatch<R> | undefined {
  const compiled = routes.map((route) => ({ route, method: parseMethod(route), segments: parsePath(route) }));
  const seen = new Set<string>();
  for (const { method, segments } of compiled) {
    const shape = `${method} /${segments.map((segment) => (segment.kind === 'text' ? segment.text : `{${segment.kind}}`)).join('/')}`;
    if (seen.has(shape)) {
      throw new RouteInvalidError(`Two routes match the same requests (${shape}). Expected one. Next: remove one.`);
    }
    seen.add(shape);
  }
  compiled.sort(bySpecificity);
  return (method, path) => {
    const texts = path.split('/').slice(1);
    for (const candidate of compiled) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const parameters = matchSegments(candidate.segments, texts);
      if (parameters !== undefined) return { route: candidate.route, parameters };
    }
    return undefined;
  };
}

function parseMethod(route: RoutePattern): string {
  if (METHOD.test(route.method)) return route.method;
  throw new RouteInvalidError(
    `Route method '${route.method}' is not a method. Expected capitals such as POST, or ANY. Next: correct the route.`,
  );
}

function parsePath(route: RoutePattern): readonly Segment[] {
  const refuse = (expected: string): RouteInvalidError =>
    new RouteInvalidError(`Route path '${route.path}' is not valid. Expected ${expected}. Next: correct the route.`);
  if (!route.path.startsWith('/')) throw refuse('a path that begins with /');
  const texts = route.path.split('/').slice(1);
  const names = new Set<string>();
  return texts.map((text, index): Segment => {
    const variable = VARIABLE.exec(text);
    if (variable === null) {
      if (/[{}?#%]/.test(text)) throw refuse('plain text or one {variable} in a segment');
      return { kind: 'text', text };
    }
    const [, name = '', plus] = variable;
    if (names.has(name)) throw refuse('each variable once');
    names.add(name);
    if (plus !== '+') return { kind: 'variable', name };
    if (index !== texts.length - 1) throw refuse('a greedy variable only as the last segment');
    return { kind: 'greedy', name };
  });
}

/** Full matches before greedy ones; then text before a variable, from the left; then a method before ANY. */
function bySpecificity(a: CompiledRoute<unknown>, b: CompiledRoute<unknown>): number {
  const greedy = Number(isGreedy(a)) - Number(isGreedy(b));
  if (greedy !== 0) return greedy;
  for (const [index, left] of a.segments.entries()) {
    const right = b.segments[index];
    if (right === undefined) break;
    const difference = SPECIFICITY[left.kind] - SPECIFICITY[right.kind];
    if (difference !== 0) return difference;
  }
  const longer = b.segments.length - a.segments.length;
  return longer !== 0 ? longer : Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function isGreedy(route: CompiledRoute<unknown>): boolean {
  return route.segments.at(-1)?.kind === 'greedy';
}

/** A variable never takes an empty segment, and `/a/` is another path than `/a`. */
function matchSegments(
  segments: readonly Segment[],
  texts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const text = texts[index];
    if (text === undefined) return undefined;
    switch (segment.kind) {
      case 'text':
        if (text !== segment.text) return undefined;
        break;
      case 'variable':
        if (text === '') return undefined;
        parameters.push([segment.name, text]);
        break;
      case 'greedy': {
        const rest = texts.slice(index).join('/');
        if (rest === '') return undefined;
        parameters.push([segment.name, rest]);
        return Object.fromEntries(parameters);
      }
    }
  }
  return texts.length === segments.length ? Object.fromEntries(parameters) : undefined;
}
