import type { Silence } from '../shared/describe-silence.ts';

/** What Akamai answered instead of taking an item. */
export interface EdgeKvRefusal {
  readonly status: number;
  /** Akamai's own code, such as `EKV_9000`. */
  readonly errorCode?: string;
  readonly requestId?: string;
  /** What Akamai's support asks for. */
  readonly traceId?: string;
  /** Our clock minus Akamai's, where that is why it refused. */
  readonly skewSeconds?: number;
}

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
  constructor(place: string, answer: EdgeKvRefusal | Silence, options?: ErrorOptions) {
    super(`EdgeKV did not take item ${place}: ${describe(answer)}. ${nextStep(answer)}`, options);
    const refusal = 'status' in answer ? answer : undefined;
    this.retryable = refusal === undefined || refusal.status === 429 || refusal.status >= 500;
    this.status = refusal?.status;
    this.errorCode = refusal?.errorCode;
    this.requestId = refusal?.requestId;
    this.traceId = refusal?.traceId;
  }
}

function describe(answer: EdgeKvRefusal | Silence): string {
  if ('silence' in answer) return 'reason' in answer ? `${answer.silence} (${answer.reason})` : answer.silence;
  const { status, errorCode, requestId, traceId } = answer;
  return [
    `status ${status}`,
    ...(errorCode === undefined ? [] : [errorCode]),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ...(traceId === undefined ? [] : [`trace ${traceId}`]),
  ].join(', ');
}

const TRIES_AGAIN = 'The item before it stays in force until its token expires; the schedule tries again.';

function nextStep(answer: EdgeKvRefusal | Silence): string {
  if ('reason' in answer) return `Check \`host\` in the secret of the API client. ${TRIES_AGAIN}`;
  if ('silence' in answer) return TRIES_AGAIN;
  if (answer.skewSeconds !== undefined) {
    const side = answer.skewSeconds < 0 ? 'behind' : 'ahead of';
    return `This clock is ${Math.abs(answer.skewSeconds)} s ${side} Akamai's, which takes 30 s at most: correct the clock.`;
  }
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
