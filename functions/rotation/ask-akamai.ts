import type { Clock } from '../shared/clock.ts';
import { readBoundedText } from '../shared/read-bounded-text.ts';
import type { EdgegridCredential } from './edgegrid-credential.ts';
import { type EdgegridRequest, signEdgegrid } from './sign-edgegrid.ts';

export interface AkamaiRequest extends EdgegridRequest {
  /** Of the body, where there is one. */
  readonly contentType: string;
  /** What is read of the answer. */
  readonly mostAnswerBytes: number;
}

export interface AkamaiPorts {
  readonly credential: EdgegridCredential;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** A new unique text without `;`. */
  readonly newNonce: () => string;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

export interface AkamaiAnswer {
  readonly response: Response;
  /** Empty where it was too large, or no UTF-8. */
  readonly text: string;
}

/**
 * One request to an API of Akamai: a time and a nonce of its own, because Akamai takes neither twice. Throws what `fetch` does
 * where there is no answer.
 */
export async function askAkamai(
  request: AkamaiRequest,
  { credential, fetch, clock, newNonce, signal }: AkamaiPorts,
): Promise<AkamaiAnswer> {
  const authorization = signEdgegrid(request, credential, { time: clock(), nonce: newNonce() });
  const { method, url, body, contentType, mostAnswerBytes } = request;
  const hasBody = method === 'PUT' || method === 'POST';
  const response = await fetch(url, {
    method,
    headers: { authorization, ...(hasBody && { 'content-type': contentType }) },
    ...(hasBody && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    // Answered as it is: what is signed is for this address only.
    redirect: 'manual',
    signal,
  });
  return { response, text: (await readBoundedText(response, mostAnswerBytes)) ?? '' };
}
