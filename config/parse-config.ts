import { ConfigError } from './config-error.ts';
import { crossCheck } from './cross-check.ts';
import { describeIssue, problem } from './describe-issue.ts';
import { policyHash } from './policy-hash.ts';
import { runPolicyTests } from './run-policy-tests.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * Checks what the user wrote, fills in the defaults and runs the policy's own tests.
 *
 * @param input what `edgehouse.config.ts` exports
 * @throws ConfigError (`CONFIG_INVALID`) that lists every problem: first of shape, then between sections, then of the tests
 */
export function parseConfig(input: unknown): Config {
  refuse(prototypeKeys(input, []));
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap((issue) => describeIssue(issue, input)));
  const sections = parsed.data;
  refuse(crossCheck(sections));
  refuse(runPolicyTests(sections));
  return { ...sections, policyHash: policyHash(sections) };
}

/** zod drops a key `__proto__` without a word, and a claim that is dropped lets more tokens in. */
function prototypeKeys(value: unknown, path: readonly PropertyKey[]): readonly string[] {
  // Deeper than the schema goes; an object that holds itself ends here too.
  if (typeof value !== 'object' || value === null || path.length > 8) return [];
  return Object.keys(value).flatMap((key) =>
    key === '__proto__'
      ? [problem([...path, key], 'unknown key', 'another name; rename it')]
      : prototypeKeys(Reflect.get(value, key), [...path, key]),
  );
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}
