import { EdgeError } from './edge-errors.ts';
import type { EdgeOptions } from './edge-options.ts';

/** @throws EdgeError `OPTION_INVALID` */
export function checkOptions({ rules, properties, site, contexts, variables = {} }: EdgeOptions): void {
  for (const { path } of rules) {
    if (!/^\/[^*?#]*\*?$/.test(path)) throw invalid(`the rule path ${path}`, 'a path such as /collect, or /shop/*');
  }
  if (site !== undefined) checkOrigin('site', site, 'http:');
  for (const [host, { origin, originTls }] of Object.entries(properties)) {
    if (!/^[a-z0-9.-]+$/.test(host)) throw invalid(`the property ${host}`, 'a hostname in lower case, without port');
    checkOrigin(`the property ${host}`, origin, originTls === undefined ? 'http:' : 'https:');
  }
  for (const [name, header] of Object.entries(variables)) {
    if (!/^PMUSER_[A-Z0-9_]+$/.test(name)) throw invalid(`the variable ${name}`, 'PMUSER_ and capitals');
    if (!/^[\w-]+$/.test(header)) throw invalid(`the header ${header} of ${name}`, 'the name of a header');
  }
  if (contexts !== undefined && !(Number.isInteger(contexts) && contexts > 0)) {
    throw invalid(`${contexts} contexts`, 'a positive integer');
  }
}

function checkOrigin(whose: string, origin: string, scheme: 'http:' | 'https:'): void {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin || !origin.startsWith(scheme)) {
    throw invalid(`${whose} with origin ${origin}`, `an origin such as ${scheme}//127.0.0.1:8080`);
  }
}

function invalid(seen: string, expected: string): EdgeError {
  return new EdgeError({ code: 'OPTION_INVALID', seen, expected });
}
