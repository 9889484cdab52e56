import { type AkamaiRefusal, describeRefusal, describeSkew } from '../functions/rotation/read-akamai-refusal.ts';
import type { Silence } from '../functions/shared/describe-silence.ts';
import { printable } from './printable.ts';

/** What an API of Akamai answered instead of doing what it was asked. */
export interface ApiRefusal extends AkamaiRefusal {
  /** In Akamai's words; they are about names and bundles, which are no secret. */
  readonly detail: string | undefined;
  /** Of `Retry-After`; 0 without. */
  readonly retryAfterMs: number;
}

/** A 2xx whose body is not as the API's OpenAPI document has it. */
export interface Misanswer {
  readonly misanswer: string;
}

/** An API of Akamai refused something, failed or kept silent. */
export class AkamaiApiError extends Error {
  override readonly name = 'AkamaiApiError';
  readonly code = 'AKAMAI_API_FAILED';
  /** Whether the same may go well later, without anybody changing anything. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  /** Least to wait before the next attempt. */
  readonly retryAfterMs: number;

  /** @param what was asked of it, as an infinitive */
  constructor(what: string, answer: ApiRefusal | Silence | Misanswer, options?: ErrorOptions) {
    super(`Akamai did not ${what}: ${describe(answer)}. Next: ${nextStep(answer)}`, options);
    const refusal = 'status' in answer ? answer : undefined;
    this.retryable = 'silence' in answer || refusal?.status === 429 || (refusal?.status ?? 0) >= 500;
    this.status = refusal?.status;
    this.retryAfterMs = refusal?.retryAfterMs ?? 0;
  }
}

const MOST_DETAIL_CHARACTERS = 500;

function describe(answer: ApiRefusal | Silence | Misanswer): string {
  if ('misanswer' in answer) return answer.misanswer;
  const detail = 'status' in answer ? answer.detail : undefined;
  const words = detail === undefined ? '' : `: ${printable(detail.slice(0, MOST_DETAIL_CHARACTERS))}`;
  return `${describeRefusal(answer)}${words}`;
}

const RUN_AGAIN = 'run the same command again: what was done stays done.';

function nextStep(answer: ApiRefusal | Silence | Misanswer): string {
  if ('misanswer' in answer) return 'look whether `host` of the API client is that of Akamai, with no proxy before it.';
  if ('reason' in answer) return `look at \`host\` of the API client and at the network; then ${RUN_AGAIN}`;
  if ('silence' in answer) return RUN_AGAIN;
  if (answer.skewSeconds !== undefined) return describeSkew(answer.skewSeconds);
  switch (answer.status) {
    case 401:
      return 'look whether the API client is active, and its four values are of one credential.';
    case 403:
      return 'give the API client the services EdgeWorkers and EdgeKV, READ-WRITE, in the group of the EdgeWorkers.';
    case 404:
      return 'compare the names and ids under edge in edgehouse.config.ts with those of the account.';
    case 422:
      return 'delete versions that nobody needs, or have Akamai raise the limit.';
    case 429:
      return `wait a minute (20 activations a minute and network, 500 a day); then ${RUN_AGAIN}`;
    default:
      return answer.status >= 500 ? RUN_AGAIN : 'look the code up among the errors of that API (techdocs.akamai.com).';
  }
}
