import { trimBlanks } from './trim-blanks.ts';

/**
 * The token of an `Authorization: Bearer` header (RFC 6750 §2.1; the scheme's case does not matter, RFC 9110 §11.1),
 * or undefined where the header is something else. The authorizer and ingest must agree on the token's bytes, because
 * the batch key is derived from them.
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  return BEARER.exec(trimBlanks(authorization ?? ''))?.[1];
}

const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
