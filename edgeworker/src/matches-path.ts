/** Whether a path is what a pattern stands for: exact, or with a final `*` for anything that begins so. */
export function matchesPath(path: string, pattern: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
