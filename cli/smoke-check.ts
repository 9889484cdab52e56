import { parseAnswer } from './api-answer.ts';
import { describeFailure } from './describe-failure.ts';

/** One thing that a deployment has to do. */
export interface Check {
  /** What is tried. */
  readonly check: string;
  /** What may be seen, in the words of `seen`; any of them will do. */
  readonly expected: readonly string[];
}

export interface CheckResult extends Check {
  readonly seen: string;
  readonly ok: boolean;
}

/** What is sent: nothing is added to it. */
export interface SmokeRequest {
  readonly method: 'POST' | 'GET' | 'OPTIONS';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What no answer at all is called. */
export const NO_ANSWER = 'no answer';

/** The gateway gives an answer within 30 s (design §3.2); 5 s more for the way. */
const PATIENCE_MS = 35_000;

export function judge(check: Check, seen: string): CheckResult {
  return { ...check, seen, ok: check.expected.includes(seen) };
}

/** A failure for people has its reason; who compares looks at how it begins. */
export function judgeSilence(check: Check, error: unknown): CheckResult {
  return { ...check, seen: `${NO_ANSWER}: ${describeFailure(error)}`, ok: check.expected.includes(NO_ANSWER) };
}

/** Sends a request, and says who answered what: `gateway 403`, `ingest 400 HEADER_MISSING`, `ingest 200 stored 2 of 2`. */
export async function askApi(
  url: string,
  request: SmokeRequest,
  check: Check,
  fetchApi: typeof fetch,
): Promise<CheckResult> {
  const { method, path, headers, body } = request;
  try {
    const response = await fetchApi(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      // The API never redirects: whoever does is not to see the token.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return judge(check, describeAnswer(response.status, response.headers, await response.text()));
  } catch (error) {
    return judgeSilence(check, error);
  }
}

/** Nothing of the answer but words of the contract, whoever gave it. */
function describeAnswer(status: number, headers: Headers, body: string): string {
  const shared = headers.has('access-control-allow-origin') ? ' with CORS' : '';
  if (!headers.has('edgehouse-request-id')) {
    return `${headers.has('apigw-requestid') ? 'gateway' : 'somebody else'} ${status}${shared}`;
  }
  const answer = parseAnswer(status, headers, body);
  if (answer.kind === 'refused') return `ingest ${status} ${answer.refusal.code ?? 'without a code'}${shared}`;
  const { outcome, accepted, received, errors } = answer.receipt;
  const codes = [...new Set(errors.map(({ code }) => code))].sort().map((code) => `, ${code}`);
  return `ingest ${status} ${outcome} ${accepted ?? 'unjudged'} of ${received}${codes.join('')}${shared}`;
}
