import type { SignBatch, Trial } from './smoke-batches.ts';

/** What the gateway says to those whom it does not know, and to what nobody serves. */
export interface StrangerOptions {
  /** Of the stream's batches. */
  readonly path: string;
  /** Whether a certificate alone proves who sends, so that a request without a token gets as far as ingest. */
  readonly certificateAlone: boolean;
}

const BODY = Buffer.from('[]');
const HEADERS = { 'content-type': 'application/json' };
const PREFLIGHT = {
  origin: 'https://elsewhere.example',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
};

/** Trials that need no credentials. */
export function strangers({ path, certificateAlone }: StrangerOptions): readonly Trial[] {
  // Where the stack has a domain with client certificates, its authorizer is asked without a token too.
  const nobody = certificateAlone ? ['ingest 400 HEADER_MISSING'] : ['gateway 401', 'gateway 403'];
  const post = { method: 'POST', path, body: BODY } as const;
  return [
    { check: 'no credentials', expected: nobody, request: { ...post, headers: HEADERS } },
    {
      check: 'a token of nobody',
      expected: ['gateway 403'],
      request: { ...post, headers: { ...HEADERS, authorization: 'Bearer edgehouse.smoke.token' } },
    },
    { check: 'no such route', expected: ['gateway 404'], request: { method: 'GET', path: '/', headers: {} } },
    { check: 'another method', expected: ['gateway 404'], request: { method: 'GET', path, headers: {} } },
    // Refused either way; what counts is that no answer invites it in, which would be seen as `with CORS`.
    {
      check: 'a page of another site',
      expected: ['gateway 404', 'gateway 403'],
      request: { method: 'OPTIONS', path, headers: PREFLIGHT },
    },
  ];
}

/** A token that is good but for one character of its signature. @param token undefined: none is sent */
export function forgeries(sign: SignBatch, token: string | undefined): readonly Trial[] {
  if (token === undefined) return [];
  const at = token.lastIndexOf('.') + 1;
  const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  const request = { method: 'POST', ...sign({ token: forged }) } as const;
  return [{ check: 'a changed token', expected: ['gateway 403'], request }];
}
