import { checkPolicy } from './check-policy.ts';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';
import type { Config } from './schema.ts';

/**
 * What `edgehouse.config.ts` must pass before anything is synthesized, started or told to ClickHouse: `parseConfig`, and then the
 * sense of the policy as a whole.
 *
 * @param input what `edgehouse.config.ts` exports
 * @throws ConfigError (`CONFIG_INVALID`) that lists every problem
 */
export function loadConfig(input: unknown): Config {
  const config = parseConfig(input);
  const problems = checkPolicy(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
