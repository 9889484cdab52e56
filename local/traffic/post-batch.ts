import type { AskEdge, VisitorAnswer } from './ask-edge.ts';
import { addTo, refuse, type Tally } from './tally.ts';

export interface ClientBatch {
  /** UUID; every attempt repeats it, so that the batch is stored once. */
  readonly id: string;
  readonly events: readonly object[];
  /** Of the visitor: User-Agent, address, location. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PostBatchOptions {
  readonly ask: AskEdge;
  /** Whose page sends the batch. */
  readonly origin: string;
  readonly tally: Tally;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
}

const MOST_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;

/** Posts a batch to the collector as a page does: the same bytes under the same id, again where the answer is 503 or none. */
export async function postBatch(
  batch: ClientBatch,
  { ask, origin, tally, pause, signal }: PostBatchOptions,
): Promise<void> {
  const { id, events, headers } = batch;
  const request = {
    method: 'POST',
    target: '/collect',
    headers: { ...headers, origin, 'content-type': 'application/json', 'edge-batch-id': id },
    body: JSON.stringify(events),
  };
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(request).catch((): undefined => undefined);
    addTo(tally.answers, answer?.status ?? 0);
    const last = attempt === MOST_ATTEMPTS || signal.aborted;
    if (answer?.status === 202) return;
    // No row fits: they are in quarantine, and the ledger counts them there.
    if (answer?.status === 422) return;
    if (!last && (answer === undefined || answer.status >= 500)) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    else return refuse(tally, codeOf(answer), events.length, `batch ${id}`);
  }
}

function codeOf(answer: VisitorAnswer | undefined): string {
  if (answer === undefined) return 'NO_ANSWER';
  const { json, status } = answer;
  const code = typeof json === 'object' && json !== null && 'code' in json ? json.code : undefined;
  return typeof code === 'string' ? code : `HTTP_${status}`;
}
