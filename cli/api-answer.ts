import { z } from 'zod';
import { parseJson } from './parse-json.ts';

const COUNT = z.int().nonnegative();

const RECEIPT = z.object({
  batchId: z.string(),
  outcome: z.enum(['stored', 'spooled', 'quarantined']),
  received: COUNT,
  // Null where the batch was spooled before it could be judged.
  accepted: COUNT.nullable(),
  quarantined: COUNT.nullable(),
  errors: z
    .array(z.object({ row: COUNT, column: z.string().nullish(), code: z.string() }))
    .readonly()
    .default([]),
});

const PROBLEM = z.object({ code: z.string(), detail: z.string().default(''), next: z.string().default('') });

/** What ingest says it did with a batch (design §3.2). */
export type Receipt = Readonly<z.infer<typeof RECEIPT>>;

export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** An answer without a receipt. */
export interface Refusal {
  readonly status: number;
  /** Of ingest's problem; undefined where the answer is the gateway's or Akamai's. */
  readonly code: string | undefined;
  /** What was seen and expected. */
  readonly detail: string;
  /** The next step. */
  readonly next: string;
}

/** Parses an answer of the API, or of what stands before it, whatever it is. */
export function parseAnswer(status: number, headers: Headers, body: string): Answer {
  const json = parseJson(body);
  const receipt = status === 200 || status === 202 || status === 422 ? RECEIPT.safeParse(json) : undefined;
  if (receipt?.success === true) return { kind: 'receipt', receipt: receipt.data };
  const problem = PROBLEM.safeParse(json);
  if (problem.success) return { kind: 'refused', refusal: { status, ...problem.data } };
  return { kind: 'refused', refusal: { status, code: undefined, ...explainOpaque(status, headers) } };
}

/** Only ingest says why; for the others the headers tell who answered. */
function explainOpaque(status: number, headers: Headers): Pick<Refusal, 'detail' | 'next'> {
  const ingest = headers.get('edgehouse-request-id');
  if (ingest !== null) {
    return { detail: 'ingest answered in a form that is not its own', next: `Look up request ${ingest} in its log.` };
  }
  const gateway = headers.get('apigw-requestid');
  if (gateway === null) {
    return {
      detail: 'neither the gateway nor ingest answered',
      next: 'Check --api, and the Akamai property or proxy in front of it.',
    };
  }
  if (status === 401 || status === 403) {
    return {
      detail: 'the gateway refused the identity',
      next: `Find the reason in the audit line of request ${gateway}.`,
    };
  }
  return { detail: 'the gateway answered, not ingest', next: `Look up request ${gateway} in the access log.` };
}
