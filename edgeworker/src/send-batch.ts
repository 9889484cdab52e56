import type { EdgePlatform, HttpAnswer } from './platform.ts';
import { readHeader } from './read-header.ts';

export type SendResult =
  /** Ingest itself answered, whatever it said. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly text: string;
    }
  /** The gateway answered, or Akamai: 400 may mean a host that is not on Akamai, 403 a property without allowPost. */
  | { readonly kind: 'not-ours'; readonly status: number; readonly retryAfter: string | undefined }
  /** No whole answer in time: the batch may have arrived or not. */
  | { readonly kind: 'unanswered' };

/** What the design gives the way from an EdgeWorker to ingest (design §3.2, time budget). */
const INGEST_TIMEOUT_MS = 3_000;

/** Posts a signed batch once: no retry here, since the sender knows better whether it still wants one. Never rejects. */
export async function sendBatch(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { httpRequest }: Pick<EdgePlatform, 'httpRequest'>,
): Promise<SendResult> {
  try {
    const answer = await httpRequest(url, { method: 'POST', headers, body, timeout: INGEST_TIMEOUT_MS });
    const { status } = answer;
    const retryAfter = readHeader(answer, 'Retry-After');
    if (!isIngest(answer)) return { kind: 'not-ours', status, retryAfter };
    return { kind: 'answered', status, retryAfter, text: await answer.text() };
  } catch {
    return { kind: 'unanswered' };
  }
}

/** Every answer of ingest carries its request id; what others answer on the way does not. */
function isIngest(answer: HttpAnswer): boolean {
  return readHeader(answer, 'edgehouse-request-id') !== undefined;
}
