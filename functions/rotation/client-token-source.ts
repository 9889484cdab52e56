import type { ClientCredentials } from '../../config/edge-tokens-schema.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import { describeSilence } from '../shared/describe-silence.ts';
import { readBoundedText } from '../shared/read-bounded-text.ts';
import { parseRetryAfter } from '../shared/retry-after.ts';
import { type EdgeClient, type EdgeClients, edgeClientOf } from './edge-clients.ts';
import { readTokenAnswer } from './read-token-answer.ts';
import { tokenRequest } from './token-request.ts';
import { TokenRequestError } from './token-request-error.ts';
import type { IssuedToken, TokenSource } from './token-source.ts';

export interface ClientTokenSourceOptions {
  readonly endpoint: ClientCredentials;
  readonly clients: EdgeClients;
  /** What ingest's own authorizer would do with a token. @throws where it would refuse it, or cannot say */
  readonly prove: (token: string) => Promise<void>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** A new unique text, for `jti` of an assertion. */
  readonly newId: () => string;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** When it aborts, the request under way ends and none begins. */
  readonly signal: AbortSignal;
}

const ATTEMPT_MS = 10_000;
const MOST_ATTEMPTS = 3;
/** Who is asked to wait longer comes back with the schedule. */
const LONGEST_WAIT_MS = 10_000;
const MOST_ANSWER_BYTES = 65_536;

type Attempt =
  | { readonly kind: 'issued'; readonly token: IssuedToken }
  | { readonly kind: 'failed'; readonly failure: TokenRequestError; readonly retryAfterMs: number };

/**
 * An external issuer that is asked by client credentials (RFC 6749 §4.4), for each EdgeWorker as a client of its own. A request
 * that met a limit, a failure of theirs or silence is made again. `tokenFor` throws EdgeClientInvalidError, TokenRequestError and what
 * `prove` throws.
 */
export function createClientTokenSource(options: ClientTokenSourceOptions): TokenSource {
  const { endpoint, clients, prove, random, pause, signal } = options;
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return {
    async tokenFor(edgeWorkerId) {
      const client = edgeClientOf(clients, edgeWorkerId, endpoint.authentication);
      for (let made = 1; ; made++) {
        const attempt = await tryOnce(client, options);
        if (attempt.kind === 'issued') {
          await prove(attempt.token.token);
          return attempt.token;
        }
        // Doubling from a second, half of it by chance.
        const waitMs = Math.max(2 ** (made - 1) * (500 + 500 * random()), attempt.retryAfterMs);
        const again = attempt.failure.retryable && made < MOST_ATTEMPTS && waitMs <= LONGEST_WAIT_MS;
        if (again && !signal.aborted) await Promise.race([pause(waitMs), over]);
        if (!again || signal.aborted) throw attempt.failure;
      }
    },
  };
}

async function tryOnce(client: EdgeClient, options: ClientTokenSourceOptions): Promise<Attempt> {
  const { endpoint, fetch, clock, newId, signal } = options;
  const { headers, body } = tokenRequest(endpoint, client, { now: seconds(clock), id: newId() });
  let retryAfterMs = 0;
  try {
    const response = await fetch(endpoint.tokenEndpoint, {
      method: 'POST',
      headers,
      body,
      // Answered as it is: the client's proof is for this address only.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
    });
    retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock());
    const answer = {
      status: response.status,
      contentType: response.headers.get('content-type'),
      body: await readBoundedText(response, MOST_ANSWER_BYTES),
    };
    return { kind: 'issued', token: readTokenAnswer(answer, seconds(clock)) };
  } catch (fault) {
    return { kind: 'failed', failure: fault instanceof TokenRequestError ? fault : silence(fault), retryAfterMs };
  }
}

function silence(cause: unknown): TokenRequestError {
  const seen = describeSilence(cause);
  const words = 'reason' in seen ? `${seen.silence} (${seen.reason})` : seen.silence;
  return new TokenRequestError('TOKEN_ENDPOINT_SILENT', words, { cause });
}
