/**
 * One thing each that RFC 9068 asks of an access token and that is not asked of the tokens of one issuer. Each that a token needed
 * stands in its audit line.
 */
export const RELAXATIONS = ['typ-jwt', 'typ-absent', 'no-jti', 'no-aud', 'scope-array'] as const;

export type Relaxation = (typeof RELAXATIONS)[number];

/** Which claims say what RFC 9068 §2.2 says in `client_id`, `scope` and `jti`. */
export interface ClaimMapping {
  readonly clientId: string;
  readonly scope: string;
  readonly tokenId: string;
  /** Values that tell this issuer's access tokens from its other tokens. */
  readonly exactly: Readonly<Record<string, string>>;
}

export const RFC_9068_CLAIMS: ClaimMapping = { clientId: 'client_id', scope: 'scope', tokenId: 'jti', exactly: {} };

/** How one product's tokens differ from RFC 9068, and where it publishes its keys, below the issuer's URL. */
export interface IssuerPreset {
  readonly claims: ClaimMapping;
  readonly relaxations: readonly Relaxation[];
  readonly keySetPath: string;
}

/** Without a preset: strictly RFC 9068. */
export const STRICT_PRESET: IssuerPreset = {
  claims: RFC_9068_CLAIMS,
  relaxations: [],
  keySetPath: '/.well-known/jwks.json',
};

export const PROVIDERS = ['auth0', 'okta', 'cognito', 'entra', 'keycloak'] as const;

export type Provider = (typeof PROVIDERS)[number];

/**
 * Tokens of client credentials as each product documents them; `test/contract/issuer-shapes.test.ts` names the documents and shows
 * that nothing in a preset can be left out.
 */
export const ISSUER_PRESETS: Readonly<Record<Provider, IssuerPreset>> = {
  // Its default profile. An API that is switched to its RFC 9068 profile needs no preset.
  auth0: {
    claims: { ...RFC_9068_CLAIMS, clientId: 'azp' },
    relaxations: ['typ-jwt', 'no-jti'],
    keySetPath: '/.well-known/jwks.json',
  },
  // A custom authorization server; tokens of the organization's own server are not meant for anybody's API.
  okta: {
    claims: { ...RFC_9068_CLAIMS, clientId: 'cid', scope: 'scp' },
    relaxations: ['typ-absent', 'scope-array'],
    keySetPath: '/v1/keys',
  },
  cognito: {
    claims: { ...RFC_9068_CLAIMS, exactly: { token_use: 'access' } },
    relaxations: ['typ-absent', 'no-aud'],
    keySetPath: '/.well-known/jwks.json',
  },
  // Version 2.0, whose `iss` ends in /v2.0. Any application of the tenant gets a token for any API: only a role says that it may.
  entra: {
    claims: { ...RFC_9068_CLAIMS, clientId: 'azp', scope: 'roles', tokenId: 'uti' },
    relaxations: ['typ-jwt', 'scope-array'],
    keySetPath: '/discovery/v2.0/keys',
  },
  keycloak: {
    claims: { ...RFC_9068_CLAIMS, clientId: 'azp', exactly: { typ: 'Bearer' } },
    relaxations: ['typ-jwt'],
    keySetPath: '/protocol/openid-connect/certs',
  },
};
