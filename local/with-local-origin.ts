import type { Config } from '../config/schema.ts';

type Served = Pick<Config, 'streams' | 'principals' | 'policyHash' | 'production'>;

/** The local edge stands where Akamai does: where batches come from Akamai's networks only, its address is one of them. */
export function withLocalOrigin(config: Served): Served {
  const { production } = config;
  if (production?.originIps === undefined) return config;
  return { ...config, production: { ...production, originIps: [...production.originIps, '127.0.0.1/32'] } };
}
