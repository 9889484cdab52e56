import { batchRequest } from '../functions/shared/batch-request.ts';
import type { Credentials, CredentialsReader } from '../local/credentials.ts';
import { parseAnswer, type Receipt, type Refusal } from './api-answer.ts';
import { type Attempt, decideNext } from './decide-next.ts';
import { describeFailure } from './describe-failure.ts';
import { type EncodedBody, encodeBody } from './encode-body.ts';
import type { Batch } from './make-batches.ts';

/** Where batches go and as whose. */
export interface Destination {
  /** Origin of the API. */
  readonly api: string;
  readonly stream: string;
  /** `Edge-Source`: has to be one that the policy ties to the credentials. */
  readonly source: string;
  readonly contentType: 'application/x-ndjson' | 'text/csv';
  /** Not with `text/csv`, which the gateway hands over as text. */
  readonly gzip: boolean;
  readonly credentials: CredentialsReader;
}

/** The outside world, as arguments. */
export interface SendPorts {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

export type BatchResult =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stop'; readonly refusal: Refusal };

/** The gateway gives an answer within 30 s (design §3.2); 5 s more for the way. */
const PATIENCE_MS = 35_000;

/**
 * Sends a batch until it is answered for good. Every attempt repeats id and bytes and is signed anew.
 *
 * @throws CredentialsError
 */
export async function sendBatch(batch: Batch, to: Destination, ports: SendPorts): Promise<BatchResult> {
  const encoded = await encodeBody(batch.body, to.gzip);
  let credentials = await to.credentials.current();
  let renewed = false;
  for (let made = 1; ; made++) {
    const attempt = await attemptOnce(batch, encoded, to, credentials, ports);
    const next = decideNext(attempt, { made, renewed, now: ports.now(), random: ports.random() });
    switch (next.kind) {
      case 'done':
        return { kind: 'receipt', receipt: next.receipt };
      case 'failed':
      case 'stop':
        return next;
      case 'renew':
        credentials = await to.credentials.renew(credentials);
        renewed = true;
        break;
      case 'retry':
        await ports.wait(next.waitMs);
        credentials = await to.credentials.current();
    }
  }
}

async function attemptOnce(
  batch: Batch,
  encoded: EncodedBody,
  to: Destination,
  credentials: Credentials,
  ports: SendPorts,
): Promise<Attempt> {
  const request = batchRequest({
    stream: to.stream,
    ...encoded,
    contentType: to.contentType,
    rows: batch.lines.length,
    batchId: batch.id,
    source: to.source,
    token: credentials.token,
    key: credentials.key,
    keyId: credentials.keyId,
    nowSeconds: Math.floor(ports.now() / 1000),
  });
  try {
    const response = await ports.fetch(to.api + request.path, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      // The API never redirects: whoever does is not to see the token.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = parseAnswer(response.status, response.headers, await response.text());
    return { kind: 'answered', answer, retryAfter: response.headers.get('retry-after') };
  } catch (error) {
    return { kind: 'unanswered', reason: describeFailure(error) };
  }
}
