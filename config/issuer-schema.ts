import { z } from 'zod';
import { isProtectedUrl } from './is-protected-url.ts';
import { ISSUER_PRESETS, PROVIDERS, RELAXATIONS, RFC_9068_CLAIMS, STRICT_PRESET } from './issuer-presets.ts';
import { distinct, plainText, strictObject, wholeNumber } from './schema-parts.ts';

const DEFAULT_AUDIENCE = 'https://edgehouse.internal/ingest';

/** Every algorithm is a pair of keys: no shared secret can ever stand here. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** Whoever could change the keys on their way here could sign as anybody. */
function isIssuerUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || /[\s?#\\]/.test(text) || url.username !== '' || url.password !== '') return false;
  return isProtectedUrl(url);
}

const issuerUrl = plainText(512).refine(
  isIssuerUrl,
  'an https URL such as https://issuer.example.com/, without query, fragment or password',
);

const claimName = plainText(64);

const claimMapping = strictObject({
  /** The claim that names the client. @default 'client_id' */
  clientId: claimName.default(RFC_9068_CLAIMS.clientId),
  /** The claim that lists what the client may do, separated by blanks. @default 'scope' */
  scope: claimName.default(RFC_9068_CLAIMS.scope),
  /** The claim that names the token. @default 'jti' */
  tokenId: claimName.default(RFC_9068_CLAIMS.tokenId),
  /** Claims that must have exactly this value, to tell access tokens from others. @default {} */
  exactly: z.record(claimName, plainText(256)).default({ ...RFC_9068_CLAIMS.exactly }),
});

const builtinIssuer = strictObject({
  kind: z.literal('builtin'),
  /** `aud` of its tokens: a name, not an address that is called. @default 'https://edgehouse.internal/ingest' */
  audience: plainText(256).default(DEFAULT_AUDIENCE),
});

const openidIssuer = strictObject({
  /** Exactly the `iss` of its tokens, with or without a slash at the end as they have it. `https`; `http` on this very machine. */
  url: issuerUrl,
  /** What `aud` of its tokens must name. Left out only beside the relaxation `no-aud`. */
  audience: plainText(256).optional(),
  /** The only values of `alg` that are taken. @default ['RS256', 'ES256'] */
  algorithms: distinct(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256']),
  /** Where its keys are (RFC 7517). No discovery document is asked for it. @default where `provider` has them, else `<url>/.well-known/jwks.json` */
  keySetUrl: issuerUrl.optional(),
  /** How its tokens differ from RFC 9068, by product. @default not at all */
  provider: z.enum(PROVIDERS).optional(),
  /** How its claims are called, where no `provider` fits. @default as in RFC 9068 */
  claims: claimMapping.optional(),
  /** What of RFC 9068 is not asked, where no `provider` fits. @default [] */
  relaxations: distinct(z.enum(RELAXATIONS)).optional(),
  /** The only clients whose tokens are taken. @default every client */
  clients: distinct(plainText(256)).min(1).optional(),
  /** A scope, permission or role that every token must have. @default none */
  scope: plainText(256).optional(),
  /** Most minutes from `iat` to `exp`. @default 1440, Auth0's for a new API and the longest among the products above */
  maxLifetimeMinutes: wholeNumber(1, 1440).default(1440),
}).superRefine((issuer, context) => {
  const refuse = (name: keyof typeof issuer, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (issuer.provider !== undefined) {
    for (const name of ['claims', 'relaxations'] as const) {
      if (issuer[name] !== undefined) refuse(name, `nothing beside provider, which says it; remove one of the two`);
    }
  }
  const { relaxations } = presetOf(issuer);
  // A token's scopes stand in one text with blanks between them (RFC 6749 §3.3): no token could have this one.
  if (issuer.scope?.includes(' ') && !relaxations.includes('scope-array')) {
    refuse('scope', 'one scope, without blanks; name one that every token has');
  }
  const noAudience = relaxations.includes('no-aud');
  if (noAudience && issuer.audience !== undefined) {
    refuse('audience', 'nothing beside no-aud: its tokens name no audience; remove it');
  }
  if (!noAudience && issuer.audience === undefined) refuse('audience', 'what aud of its tokens must name; add it');
  // Without an audience, every token of every client would do, whatever API it is meant for.
  if (noAudience && issuer.clients === undefined)
    refuse('clients', 'the clients that may send, since no aud says it; add them');
  if (noAudience && issuer.scope === undefined) refuse('scope', 'the scope of this API, since no aud says it; add it');
  if (issuer.provider === 'entra' && issuer.scope === undefined) {
    refuse('scope', 'an application role of this API: any application of the tenant gets a token for it; add it');
  }
});

type OpenidInput = z.output<typeof openidIssuer>;

function presetOf({ provider, claims, relaxations }: Pick<OpenidInput, 'provider' | 'claims' | 'relaxations'>) {
  if (provider !== undefined) return ISSUER_PRESETS[provider];
  return {
    ...STRICT_PRESET,
    ...(claims !== undefined && { claims }),
    ...(relaxations !== undefined && { relaxations }),
  };
}

/** The preset resolved, so that functions need none and the policy hash covers what it says. */
function resolveOpenid(input: OpenidInput) {
  const { url, audience, algorithms, clients, scope, maxLifetimeMinutes } = input;
  const { claims, relaxations, keySetPath } = presetOf(input);
  return {
    kind: 'openid' as const,
    url,
    ...(audience !== undefined && { audience }),
    algorithms,
    keySetUrl: input.keySetUrl ?? keySetUrlOf(url, keySetPath),
    claims: { ...claims, exactly: { ...claims.exactly } },
    relaxations: [...relaxations],
    ...(clients !== undefined && { clients }),
    ...(scope !== undefined && { scope }),
    maxLifetimeMinutes,
  };
}

/** Entra's issuer ends in /v2.0 and its keys lie beside that, not below. */
function keySetUrlOf(url: string, path: string): string {
  const base = url.replace(/\/$/, '');
  return `${path.includes('/v2.0/') ? base.replace(/\/v2\.0$/, '') : base}${path}`;
}

/** Whose tokens are believed. */
const issuerSchema = z.union([
  z.literal('builtin').transform(() => resolveBuiltin({ audience: DEFAULT_AUDIENCE })),
  openidIssuer.transform(resolveOpenid),
  builtinIssuer.transform(resolveBuiltin),
]);

/** It signs RS256 with keys in KMS. */
function resolveBuiltin({ audience }: { readonly audience: string }) {
  return { kind: 'builtin' as const, audience, algorithms: ['RS256' as const] };
}

const MOST_ISSUERS = 8;

/** Each once: a token belongs to the one whose URL its `iss` is. */
export const issuersSchema = z
  .array(issuerSchema)
  .min(1)
  .max(MOST_ISSUERS)
  .refine(
    (issuers) =>
      new Set(issuers.map((issuer) => (issuer.kind === 'builtin' ? '' : issuer.url))).size === issuers.length,
    'each issuer once',
  );
