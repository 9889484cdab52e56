import { parseConfig } from '../../../config/parse-config.ts';
import type { Config } from '../../../config/schema.ts';
import userConfig from '../../../edgehouse.config.ts';
import { WITH_CLIENT_CERTIFICATES } from './client-certificates-config.ts';
import { IN_VAULT, WITH_EXTERNAL_TOKENS } from './other-configs.ts';
import { inRegions, type Synthesized, synthesize } from './synthesize.ts';

/** Nothing of it is open: client certificates, Akamai's networks, executions of its own, somebody to wake. */
export const IN_PRODUCTION: Config = {
  ...WITH_CLIENT_CERTIFICATES,
  production: productionOf({ originIps: ['192.0.2.0/24', '2001:db8::/32'], alarmsTo: ['ops@example.com'] }),
};

export const THREE_REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2'] as const;

/** `production` of a config, parsed. */
export function productionOf(production: object): NonNullable<Config['production']> {
  const parsed = parseConfig({ ...userConfig, production }).production;
  if (parsed === undefined) throw new TypeError('production was not parsed.');
  return parsed;
}

/** Every stack that a config of each kind makes, by what is special about it. */
export const EVERY_PRESET: readonly (readonly [string, readonly Synthesized[]])[] = [
  ['tried out', synthesize()],
  ['in production', synthesize({ config: IN_PRODUCTION })],
  [
    'in production in three regions',
    synthesize({ config: { ...inRegions(...THREE_REGIONS), production: productionOf({}) } }),
  ],
  ['with the secrets in Vault', synthesize({ config: IN_VAULT })],
  ['with tokens of an external issuer', synthesize({ config: WITH_EXTERNAL_TOKENS })],
  ['on the emulator', synthesize({ preset: 'emulator' })],
];

/** Every stack of every preset. */
export const EVERY_STACK: readonly (readonly [string, Synthesized])[] = EVERY_PRESET.flatMap(([preset, stacks]) =>
  stacks.map((stack) => [`${preset}, ${stack.name}`, stack] as const),
);
