import type { ClaimMapping, Relaxation } from '../../config/issuer-presets.ts';
import type { Config, Issuer } from '../../config/schema.ts';

/** An issuer whose tokens are taken. What is left out is as strict as RFC 9068. */
export interface TrustedIssuer {
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;
  /** What `aud` must name. Left out only beside `no-aud`, `clients` and `scope`; without them nothing is taken. */
  readonly audience?: string;
  readonly algorithms: readonly string[];
  /** @default the names of RFC 9068 §2.2 */
  readonly claims?: ClaimMapping;
  /** @default none */
  readonly relaxations?: readonly Relaxation[];
  /** The only clients whose tokens are taken. @default every client */
  readonly clients?: readonly string[];
  /** A scope that every token must have. @default none */
  readonly scope?: string;
  /** Most seconds from `iat` to `exp`. @default 86,400: a token that lives longer than a day is no short-lived access token */
  readonly maxLifetimeSeconds?: number;
  /** As a principal's `issuer` names it: `builtin`, or the URL. @default no principal can */
  readonly name?: string;
}

/** An issuer of the configuration, and where its keys are. */
export interface ConfiguredIssuer extends TrustedIssuer {
  readonly keySetUrl: string;
}

/** Where the built-in issuer is: known only when the stack is deployed. */
export interface BuiltinIssuerPlace {
  readonly issuer: string;
  readonly keySetUrl: string;
}

/** The issuers of the configuration, each with its place. */
export function trustedIssuers(issuers: Config['issuers'], builtin: BuiltinIssuerPlace): readonly ConfiguredIssuer[] {
  return issuers.map((issuer) => trustedIssuer(issuer, builtin));
}

function trustedIssuer(issuer: Issuer, builtin: BuiltinIssuerPlace): ConfiguredIssuer {
  switch (issuer.kind) {
    case 'builtin':
      return { ...builtin, name: 'builtin', audience: issuer.audience, algorithms: issuer.algorithms };
    case 'openid': {
      const { kind: _kind, url, maxLifetimeMinutes, ...rest } = issuer;
      return { ...rest, issuer: url, name: url, maxLifetimeSeconds: maxLifetimeMinutes * 60 };
    }
  }
}
