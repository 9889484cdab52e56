import { matchesPath } from '../../edgeworker/src/matches-path.ts';

/**
 * The first rule that matches.
 *
 * @param path of the request, without query
 */
export function matchRule<R extends { readonly path: string }>(rules: readonly R[], path: string): R | undefined {
  return rules.find((rule) => matchesPath(path, rule.path));
}
