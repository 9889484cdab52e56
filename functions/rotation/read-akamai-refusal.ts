import type { Silence } from '../shared/describe-silence.ts';

/** What Akamai answered instead of doing what it was asked. */
export interface AkamaiRefusal {
  readonly status: number;
  /** Akamai's own code, such as `EKV_9000` or `EW1021`. */
  readonly errorCode?: string;
  readonly requestId?: string;
  /** What Akamai's support asks for. */
  readonly traceId?: string;
  /** Our clock minus Akamai's, where that is why it refused. */
  readonly skewSeconds?: number;
}

/** Akamai refuses a request whose time is further away from its own. */
const MOST_SKEW_SECONDS = 30;

const ERROR_CODE = /^[A-Z]{1,8}_?\d{1,6}$/;
const ID = /^[\w.:/+=-]{1,128}$/;

/**
 * What an answer says of itself: `application/problem+json` where an API of theirs or the gateway before it wrote it, anything at all where
 * another did. Taken over are only what has the form of a code or an id, never its words: they may quote what was sent.
 *
 * @param now milliseconds since the epoch
 */
export function readAkamaiRefusal(status: number, headers: Headers, body: string, now: number): AkamaiRefusal {
  const problem = readObject(body);
  const errorCode = matching(ERROR_CODE, problem.get('errorCode'));
  const named = memberOf(problem.get('additionalDetail'), 'requestId') ?? problem.get('requestId');
  // The EdgeWorkers API gives the path of the error itself instead.
  const requestId = matching(ID, named ?? problem.get('instance'));
  const traceId = matching(ID, headers.get('x-trace-id'));
  const skewSeconds = status === 400 || status === 401 ? skewOf(problem, headers, now) : undefined;
  return {
    status,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(skewSeconds === undefined ? {} : { skewSeconds }),
  };
}

/** The gateway says "Invalid timestamp" and its own time in `requestTime` (AkamaiOPEN-edgegrid-node issue 234), or only a `Date`. */
function skewOf(problem: ReadonlyMap<string, unknown>, headers: Headers, now: number): number | undefined {
  const requestTime = problem.get('requestTime');
  const theirs = Date.parse(typeof requestTime === 'string' ? requestTime : (headers.get('date') ?? ''));
  if (Number.isNaN(theirs)) return undefined;
  const skew = Math.round((now - theirs) / 1000);
  return Math.abs(skew) > MOST_SKEW_SECONDS ? skew : undefined;
}

function readObject(body: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function matching(pattern: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** For the message of an error: codes and ids, none of Akamai's words. */
export function describeRefusal(answer: AkamaiRefusal | Silence): string {
  if ('silence' in answer) return 'reason' in answer ? `${answer.silence} (${answer.reason})` : answer.silence;
  const { status, errorCode, requestId, traceId } = answer;
  return [
    `status ${status}`,
    ...(errorCode === undefined ? [] : [errorCode]),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ...(traceId === undefined ? [] : [`trace ${traceId}`]),
  ].join(', ');
}

/** What to do about a clock that is the reason. */
export function describeSkew(skewSeconds: number): string {
  const side = skewSeconds < 0 ? 'behind' : 'ahead of';
  return `This clock is ${Math.abs(skewSeconds)} s ${side} Akamai's, which takes ${MOST_SKEW_SECONDS} s at most: correct the clock.`;
}
