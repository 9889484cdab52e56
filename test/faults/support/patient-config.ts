import type { Config } from '../../../config/schema.ts';

/** The config with principals whose batches may wait so long for ClickHouse, so that a busy machine spools nothing by itself. */
export function patientConfig(config: Config, patienceMs: number): Config {
  const principals = Object.entries(config.principals).map(
    ([name, principal]) => [name, { ...principal, limits: { ...principal.limits, patienceMs } }] as const,
  );
  return { ...config, principals: Object.fromEntries(principals) };
}
