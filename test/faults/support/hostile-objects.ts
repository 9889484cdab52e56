import type { ChaosVisit } from './chaos-cases.ts';

/** Whether the objects of a handler may still be read. */
export interface Life {
  gone: boolean;
}

const TIMER = 'PMUSER_EDGEHOUSE_START';
const MUTATORS = ['setHeader', 'addHeader', 'removeHeader', 'respondWith', 'route', 'cacheKey'] as const;

/** The request of a visit as Akamai hands it over: what changes it is noted as a breach, and read too late it throws. */
export function hostileRequest(visit: ChaosVisit, handler: string, breaches: string[], life: Life): object {
  const { visitor, post } = visit;
  const headers = { ...visitor.headers, ...post?.headers };
  const facts =
    post === undefined ? visitor.facts : { ...visitor.facts, ...SITE, method: post.method, query: post.query };
  const read = <T>(what: () => T): T => {
    if (life.gone) throw new Error('the request is gone');
    return what();
  };
  const request = {
    ...readable(headers, visitor.missing, read),
    getVariable: (name: string) => read(() => visitor.variables[name] ?? visitor.missing),
    ...(handler === 'responseProvider' ? {} : mutating(MUTATORS, breaches)),
    setVariable: (name: string) => {
      if (name !== TIMER || handler !== 'onClientRequest') breaches.push(`${handler} set ${name}`);
      if (visitor.variablesFull) throw new RangeError('over 1024 characters in all variables');
    },
    text: async () => {
      if (post?.cut) throw new TypeError('the visitor went away');
      return post?.text ?? '';
    },
  };
  return withMembers(request, facts, read);
}

/** The answer of the site, which nobody may touch. */
export function hostileResponse({ visitor }: ChaosVisit, breaches: string[], life: Life): object {
  const read = <T>(what: () => T): T => {
    if (life.gone) throw new Error('the response is gone');
    return what();
  };
  const response = { ...readable(visitor.headers, visitor.missing, read), ...mutating(MUTATORS, breaches) };
  return Object.defineProperty(response, 'status', {
    get: () => read(() => visitor.status),
    set: () => breaches.push('the status was changed'),
  });
}

const SITE = { scheme: 'https', host: 'www.site.example' };

function readable(
  headers: Readonly<Record<string, readonly string[]>>,
  missing: null | undefined,
  read: <T>(what: () => T) => T,
) {
  return {
    getHeader: (name: string) => read(() => headers[name.toLowerCase()] ?? missing),
    getHeaders: () => read(() => headers),
  };
}

function mutating(names: readonly string[], breaches: string[]): Readonly<Record<string, () => void>> {
  return Object.fromEntries(names.map((name) => [name, () => void breaches.push(`${name} was called`)]));
}

function withMembers(target: object, facts: Readonly<Record<string, unknown>>, read: <T>(what: () => T) => T): object {
  for (const [name, value] of Object.entries(facts)) {
    Object.defineProperty(target, name, { get: () => read(() => value), enumerable: true });
  }
  return target;
}
