/**
 * The first rule that matches.
 *
 * @param path of the request, without query
 */
export function matchRule<R extends { readonly path: string }>(rules: readonly R[], path: string): R | undefined {
  return rules.find((rule) => (rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path));
}
