import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileRoutes, RouteInvalidError } from '../../../../local/gateway/match-route.ts';

const ROUTES = [
  { method: 'POST', path: '/v1/streams/{stream}/batches' },
  { method: 'GET', path: '/pets/{proxy+}' },
  { method: 'GET', path: '/pets/dog/{id}' },
  { method: 'GET', path: '/pets/dog/1' },
  { method: 'ANY', path: '/pets/dog/1' },
  { method: 'GET', path: '/.well-known/jwks.json' },
];

describe('routes', () => {
  const match = compileRoutes(ROUTES);

  test.each([
    ['POST', '/v1/streams/web_events/batches', '/v1/streams/{stream}/batches', { stream: 'web_events' }],
    ['POST', '/v1/streams/a b/batches', '/v1/streams/{stream}/batches', { stream: 'a b' }],
    ['GET', '/pets/dog/1', '/pets/dog/1', {}],
    ['GET', '/pets/dog/2', '/pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/2', '/pets/{proxy+}', { proxy: 'cat/2' }],
    ['PUT', '/pets/dog/1', '/pets/dog/1', {}],
    ['GET', '/.well-known/jwks.json', '/.well-known/jwks.json', {}],
  ])('%s %s goes to the most specific route', (method, path, expected, parameters) => {
    const matched = match(method, path);
    expect(matched?.route.path).toBe(expected);
    expect(matched?.parameters).toEqual(parameters);
  });

  test('a method of its own wins over ANY on the same path', () => {
    expect(match('GET', '/pets/dog/1')?.route.method).toBe('GET');
    expect(match('PUT', '/pets/dog/1')?.route.method).toBe('ANY');
  });

  test.each([
    ['GET', '/v1/streams/web_events/batches'],
    ['POST', '/v1/streams//batches'],
    ['POST', '/v1/streams/web/events/batches'],
    ['POST', '/v1/streams/web_events/batches/'],
    ['POST', '/V1/streams/web_events/batches'],
    ['GET', '/pets/'],
    ['GET', '/pets'],
    ['GET', '/'],
  ])('%s %s has no route', (method, path) => {
    expect(match(method, path)).toBeUndefined();
  });

  test.each([
    ['GET', 'no-slash'],
    ['GET', '/a/{p+}/b'],
    ['GET', '/a/{x}/{x}'],
    ['GET', '/a{x}'],
    ['get', '/a'],
    ['$default', '/'],
  ])('%s %s is refused when the gateway is made', (method, path) => {
    expect(() => compileRoutes([{ method, path }])).toThrow(RouteInvalidError);
  });

  test('two routes that take the same requests are refused', () => {
    const twins = [
      { method: 'GET', path: '/a/{x}' },
      { method: 'GET', path: '/a/{y}' },
    ];
    expect(() => compileRoutes(twins)).toThrow(/match the same requests/);
  });
});

describe('routes, against a naive model', () => {
  const segment = fc.constantFrom('a', 'b', '{x}', '{y}');
  const pattern = fc.tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean());
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 4 })
    .map((s) => `/${s.join('/')}`);

  /** A regular expression a route, tried in the documented order. */
  function naiveMatch(routes: readonly { method: string; path: string }[], method: string, asked: string) {
    const rank = (route: { method: string; path: string }): string =>
      (route.path.endsWith('+}') ? '1' : '0') +
      route.path
        .split('/')
        .slice(1)
        .map((text) => (text.endsWith('+}') ? '2' : text.startsWith('{') ? '1' : '0'))
        .join('')
        .padEnd(6, '9') +
      (route.method === 'ANY' ? '1' : '0');
    return routes
      .filter((route) => {
        const source = route.path.replaceAll(/\{\w+\+\}/g, '.+').replaceAll(/\{\w+\}/g, '[^/]+');
        return (route.method === method || route.method === 'ANY') && new RegExp(`^${source}$`).test(asked);
      })
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
  }

  test('the same route is found, and its variables put the path together again', () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 6 }),
        path,
        fc.constantFrom('GET', 'PUT'),
        (patterns, asked, method) => {
          const routes = patterns.map(([segments, greedy], index) => ({
            method: index % 2 === 0 ? 'GET' : 'ANY',
            path: `/${segments.join('/')}${greedy ? '/{z+}' : ''}`,
          }));
          let match: ReturnType<typeof compileRoutes>;
          try {
            match = compileRoutes(routes);
          } catch (error) {
            expect(error).toBeInstanceOf(RouteInvalidError);
            return;
          }
          const found = match(method, asked);
          expect(found?.route).toEqual(naiveMatch(routes, method, asked));
          if (found !== undefined) {
            const rebuilt = found.route.path.replaceAll(
              /\{(\w+)\+?\}/g,
              (_, name: string) => found.parameters[name] ?? '',
            );
            expect(rebuilt).toBe(asked);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
