import type { parseConfig } from '../../../config/parse-config.ts';
import userConfig from '../../../edgehouse.config.ts';

// The shipped config with a part of it changed, as a user would write it.

export type Input = Parameters<typeof parseConfig>[0];

const { principals: shippedPrincipals, streams, edge } = userConfig;

export const principals = shippedPrincipals ?? {};
export const { 'web-edge': webEdge, 'web-collector': webCollector, analyst } = principals;
export const shipped = (more: object) => ({ ...userConfig, ...more });
export const withEdge = (more: object, rest: object = {}) => shipped({ edge: { ...edge, ...more }, ...rest });
export const withPrincipals = (more: object) => shipped({ principals: { ...principals, ...more } });
export const withStream = (more: object) =>
  shipped({ streams: { ...streams, web_events: { ...streams['web_events'], ...more } } });

export const arn = (id: string, region = 'us-east-1') => `arn:aws:acm:${region}:123456789012:certificate/${id}`;
export const TRUSTSTORE = { bucket: 'example-truststore', key: 'clients.pem', version: 'aBc1' };
export const DOMAIN = { name: 'events.example.com', mtls: true, certificateArn: arn('one'), truststore: TRUSTSTORE };
export const TOKENS = { name: 'tokens.example.com', certificateArn: arn('two') };
const SPIFFE = { certificate: { spiffeId: 'spiffe://example.com/edge' } };
const EDGES = { 'web-edge': { ...webEdge, ...SPIFFE }, 'web-collector': { ...webCollector, ...SPIFFE }, analyst };
export const behind = (domain: object, more: object = {}) => shipped({ domain, principals: { ...EDGES, ...more } });
export const PARTNER = {
  require: 'certificate',
  certificate: { spkiSha256: 'a'.repeat(64) },
  allow: [{ write: ['web_events'], sources: ['partner'] }],
};

export const LOGIN = { url: 'https://login.example.com', audience: 'https://events.example.com' };

const VAULT = { address: 'https://vault.example.com:8200', role: 'edgehouse' };
export const inVault = (more: object = {}) => shipped({ secrets: { vault: { ...VAULT, ...more } } });
const CLIENTS = { tokenEndpoint: 'https://login.example.com/oauth/token', authentication: 'client_secret_post' };
/** Tokens of an issuer that is believed. */
export const external = (more: object = {}) => withEdge({ tokens: { ...CLIENTS, ...more } }, { issuers: [LOGIN] });
export const production = (more: object = {}) => shipped({ production: more });
