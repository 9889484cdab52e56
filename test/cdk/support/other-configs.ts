import { config as shipped } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import type { Config } from '../../../config/schema.ts';
import userConfig from '../../../edgehouse.config.ts';

/** The shipped config in two regions, with the secrets in Vault. */
export const IN_VAULT: Config = parseConfig({
  ...userConfig,
  regions: ['us-east-1', 'eu-west-1'],
  secrets: { vault: { address: 'https://vault.example.com:8200', mount: 'edgehouse', role: 'edgehouse' } },
});

/** The shipped config with tokens that somebody else makes. */
export const WITH_EXTERNAL_TOKENS: Config = {
  ...shipped,
  edge: {
    ...shipped.edge,
    tokens: { tokenEndpoint: 'https://login.example.com/oauth/token', authentication: 'private_key_jwt' },
  },
};
