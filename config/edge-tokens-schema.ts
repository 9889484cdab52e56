import { z } from 'zod';
import { isProtectedUrl } from './is-protected-url.ts';
import { plainText, strictObject } from './schema-parts.ts';

/** TLS, because secrets and tokens travel there. Without it only a server on this very machine, as tests have one. */
function isTokenEndpoint(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // RFC 6749 §3.2: no fragment. What is written is what is called, and what an assertion names as its audience.
  if (url === undefined || url.href !== text || text.includes('#')) return false;
  if (url.username !== '' || url.password !== '') return false;
  return isProtectedUrl(url);
}

/** RFC 8707 §2. */
function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

// RFC 6749 §3.3: words of visible characters but " and \.
const SCOPE = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

const clientCredentials = strictObject({
  /** The issuer's token endpoint. `https`, or `http` on this very machine. */
  tokenEndpoint: z
    .string()
    .max(2048)
    .refine(isTokenEndpoint, 'a URL such as https://login.example.com/oauth/token, without user or fragment'),
  /** How an EdgeWorker's client proves itself there (OpenID Connect Core §9). */
  authentication: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt']),
  /** `scope` of the request, where the issuer wants one: words with a blank between them. */
  scope: z.string().max(1024).regex(SCOPE, 'words with one blank between them').optional(),
  /** `audience` of the request: Auth0's way to name the API. */
  audience: plainText(1024).optional(),
  /** `resource` of the request: the way of RFC 8707 to name the API. An absolute URI. */
  resource: z.string().max(1024).refine(isResource, 'an absolute URI without fragment').optional(),
  /** `aud` of the assertion of `private_key_jwt`; some issuers want their own URL. @default the token endpoint */
  assertionAudience: plainText(1024).optional(),
}).refine(
  ({ authentication, assertionAudience }) => assertionAudience === undefined || authentication === 'private_key_jwt',
  {
    path: ['assertionAudience'],
    message: 'nothing beside this authentication, which sends no assertion',
  },
);

/** Who gives EdgeWorkers their tokens: the built-in issuer, or an external one that is asked by client credentials. */
export const edgeTokensSchema = z.union([z.literal('builtin'), clientCredentials]);

/** `edge.tokens` of the parsed config, where an external issuer gives them. */
export type ClientCredentials = Readonly<z.output<typeof clientCredentials>>;

export type ClientAuthentication = ClientCredentials['authentication'];
