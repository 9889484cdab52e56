// What the tests use of oidc-provider 9.13.3, which brings no types; those of DefinitelyTyped are of an earlier release.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { JWK } from 'jose';

  export interface ClientMetadata {
    readonly client_id: string;
    readonly client_secret?: string;
    readonly token_endpoint_auth_method: string;
    readonly grant_types: readonly string[];
    readonly redirect_uris: readonly string[];
    readonly response_types: readonly string[];
    readonly scope?: string;
    readonly id_token_signed_response_alg: string;
    readonly jwks?: { readonly keys: readonly JWK[] };
  }

  export interface ResourceServerInfo {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenTTL: number;
    readonly accessTokenFormat: 'jwt' | 'opaque';
    readonly jwt: { readonly sign: { readonly alg: string; readonly kid: string } };
  }

  /** What stores; one object a kind of record. Methods that client credentials never call may be missing. */
  export interface Adapter {
    upsert(id: string, payload: object, expiresIn?: number): Promise<void>;
    find(id: string): Promise<object | undefined>;
  }

  export interface Configuration {
    readonly adapter: (kind: string) => Adapter;
    readonly jwks: { readonly keys: readonly JWK[] };
    readonly scopes: readonly string[];
    readonly enabledJWA: Readonly<Record<string, readonly string[]>>;
    readonly features: {
      readonly clientCredentials: { readonly enabled: boolean };
      readonly devInteractions: { readonly enabled: boolean };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        readonly defaultResource: () => undefined;
        readonly getResourceServerInfo: (context: unknown, resource: string) => ResourceServerInfo;
      };
    };
    readonly ttl: { readonly ClientCredentials: number };
    readonly extraTokenClaims: () => Readonly<Record<string, unknown>>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
