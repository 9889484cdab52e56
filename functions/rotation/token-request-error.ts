export type TokenRequestCode =
  | 'TOKEN_ENDPOINT_SILENT'
  | 'TOKEN_REQUEST_REFUSED'
  | 'TOKEN_ANSWER_MALFORMED'
  | 'TOKEN_OPAQUE'
  | 'TOKEN_NOT_TRUSTED'
  | 'TOKEN_TIMES_UNUSABLE';

const TRIES_AGAIN = 'The item before it stays in force until its token expires; the schedule tries again.';

const NEXT_STEPS: Readonly<Record<TokenRequestCode, string>> = {
  TOKEN_ENDPOINT_SILENT: `Check edge.tokens.tokenEndpoint, and that this function may connect there. ${TRIES_AGAIN}`,
  TOKEN_REQUEST_REFUSED: `Look the request up in the issuer's log. ${TRIES_AGAIN}`,
  TOKEN_ANSWER_MALFORMED: 'Check that edge.tokens.tokenEndpoint is a token endpoint by RFC 6749.',
  TOKEN_OPAQUE:
    'Have the issuer make signed JWTs for this API; often it does once audience, resource or scope names it.',
  TOKEN_NOT_TRUSTED:
    'Look its code up in docs/errors.md, and compare `issuers` and the claims of principals with edge.tokens, whose audience, resource or scope names this API.',
  TOKEN_TIMES_UNUSABLE: "Compare the issuer's clock with this one, and look at the life that it gives its tokens.",
};

/** RFC 6749 §5.2, by the word of the answer. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  [
    'invalid_client',
    "Check the client's id and its secret or key in the secret, edge.tokens.authentication, and the clock.",
  ],
  ['unauthorized_client', 'Allow this client the grant client_credentials.'],
  ['unsupported_grant_type', 'The issuer does not know the grant client_credentials: use another.'],
  ['invalid_scope', 'Correct edge.tokens.scope, or grant it to this client.'],
  // RFC 8707 §2.
  ['invalid_target', 'Correct edge.tokens.resource, or allow it to this client.'],
  ['access_denied', 'Allow this client the API that edge.tokens.audience names.'],
  ['invalid_request', 'Compare scope, audience and resource of edge.tokens with what the issuer expects.'],
]);

export interface TokenRequestErrorOptions extends ErrorOptions {
  /** HTTP status, where the endpoint answered. */
  readonly status?: number;
  /** `error` of the answer, if RFC 6749 or one of its extensions knows the word. */
  readonly refusal?: string | undefined;
}

/**
 * The external issuer gave no token that can be used. Words of the issuer are never taken over, since they may quote: a message
 * holds the status and, of the answer, a word that is known beforehand.
 */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError';
  readonly code: TokenRequestCode;
  /** Whether the same request can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly refusal: string | undefined;

  /** @param seen what came instead of a token */
  constructor(code: TokenRequestCode, seen: string, { status, refusal, ...options }: TokenRequestErrorOptions = {}) {
    super(
      `The external issuer gave no usable token: ${seen}. ${REFUSALS.get(refusal ?? '') ?? NEXT_STEPS[code]}`,
      options,
    );
    this.code = code;
    const passing = status === undefined || status === 429 || status >= 500;
    this.retryable = code === 'TOKEN_ENDPOINT_SILENT' || (code === 'TOKEN_REQUEST_REFUSED' && passing);
    this.status = status;
    this.refusal = refusal;
  }
}

/** The word, where it is one that is known. */
export function knownRefusal(word: unknown): string | undefined {
  return typeof word === 'string' && REFUSALS.has(word) ? word : undefined;
}
