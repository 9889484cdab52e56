import type { Silence } from '../shared/describe-silence.ts';
import { type AkamaiRefusal, describeRefusal, describeSkew } from './read-akamai-refusal.ts';

/** An item could not be written to EdgeKV. The one that is there stays in force until its token expires. */
export class EdgeKvError extends Error {
  override readonly name = 'EdgeKvError';
  readonly code = 'EDGEKV_WRITE_FAILED';
  /** Whether the same item can be taken later, without anybody changing anything. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;

  /** @param place `network/namespace/group/item` */
  constructor(place: string, answer: AkamaiRefusal | Silence, options?: ErrorOptions) {
    super(`EdgeKV did not take item ${place}: ${describeRefusal(answer)}. ${nextStep(answer)}`, options);
    const refusal = 'status' in answer ? answer : undefined;
    this.retryable = refusal === undefined || refusal.status === 429 || refusal.status >= 500;
    this.status = refusal?.status;
    this.errorCode = refusal?.errorCode;
    this.requestId = refusal?.requestId;
    this.traceId = refusal?.traceId;
  }
}

const TRIES_AGAIN = 'The item before it stays in force until its token expires; the schedule tries again.';

function nextStep(answer: AkamaiRefusal | Silence): string {
  if ('reason' in answer) return `Check \`host\` in the secret of the API client. ${TRIES_AGAIN}`;
  if ('silence' in answer) return TRIES_AGAIN;
  if (answer.skewSeconds !== undefined) return describeSkew(answer.skewSeconds);
  switch (answer.status) {
    case 401:
    case 403:
      return 'Check the secret of the API client, and that the client has EdgeKV with READ-WRITE for this namespace.';
    case 404:
      return 'Create the namespace on this network first, then check its name in edgehouse.config.ts.';
    case 413:
      return 'The item is larger than EdgeKV takes: shorten the claims of its token.';
    case 400:
      return 'Look the code up among EdgeKV errors, and check the names in edgehouse.config.ts and the clock.';
    default:
      return TRIES_AGAIN;
  }
}
