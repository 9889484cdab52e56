import type { EdgeKvRefusal } from './edge-kv-error.ts';

/** Akamai refuses a request whose time is further away from its own. */
const MOST_SKEW_SECONDS = 30;

const ERROR_CODE = /^[A-Z]{1,8}_\d{1,6}$/;
const ID = /^[\w.:/+=-]{1,128}$/;

/**
 * What an answer says of itself: `application/problem+json` where EdgeKV or the gateway before it wrote it, anything at all where
 * another did. Taken over are only what has the form of a code or an id, never its words: they may quote the item.
 *
 * @param now milliseconds since the epoch
 */
export function readEdgeKvRefusal(status: number, headers: Headers, body: string, now: number): EdgeKvRefusal {
  const problem = readObject(body);
  const errorCode = matching(ERROR_CODE, problem.get('errorCode'));
  const requestId = matching(ID, memberOf(problem.get('additionalDetail'), 'requestId') ?? problem.get('requestId'));
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
