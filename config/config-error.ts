/** `edgehouse.config.ts` cannot be used. The message lists every problem that was found, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  /** One `path: seen → expected; fix` a problem. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `edgehouse.config.ts has ${problems.length} problem(s):\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}
