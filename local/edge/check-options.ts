import { EdgeError } from './edge-errors.ts';
import type { EdgeOptions } from './edge-options.ts';

/** @throws EdgeError `OPTION_INVALID` */
export function checkOptions(options: EdgeOptions): void {
  const { rules, properties, site, contexts, variables = {}, constants = {}, chance } = options;
  for (const { path } of rules) {
    if (!/^\/[^*?#]*\*?$/.test(path)) throw invalid(`the rule path ${path}`, 'a path such as /collect, or /shop/*');
  }
  if (site !== undefined) checkOrigin('the site', site, ['http:']);
  for (const [host, { origin, originTls }] of Object.entries(properties)) {
    if (!/^[a-z0-9.-]+$/.test(host)) throw invalid(`the property ${host}`, 'a hostname in lower case, without port');
    checkOrigin(`the property ${host}`, origin, originTls === undefined ? ['http:', 'https:'] : ['https:']);
  }
  for (const name of [...Object.keys(variables), ...Object.keys(constants)]) {
    if (!/^PMUSER_[A-Z0-9_]+$/.test(name)) throw invalid(`the variable ${name}`, 'PMUSER_ and capitals');
  }
  for (const [name, header] of Object.entries(variables)) {
    if (!/^[\w-]+$/.test(header)) throw invalid(`the header ${header} of ${name}`, 'the name of a header');
  }
  if (contexts !== undefined && !(Number.isInteger(contexts) && contexts > 0)) {
    throw invalid(`${contexts} contexts`, 'a positive integer');
  }
  if (chance !== undefined && !(chance.dropped >= 0 && chance.dropped <= 1)) {
    throw invalid(`the fraction ${chance.dropped} of dropped calls`, 'a number from 0 to 1');
  }
}

function checkOrigin(whose: string, origin: string, schemes: readonly ('http:' | 'https:')[]): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin !== origin || !schemes.some((scheme) => url.protocol === scheme)) {
    throw invalid(`${whose} with origin ${origin}`, `an origin such as ${schemes.at(-1)}//127.0.0.1:8080`);
  }
}

function invalid(seen: string, expected: string): EdgeError {
  return new EdgeError({ code: 'OPTION_INVALID', seen, expected });
}
