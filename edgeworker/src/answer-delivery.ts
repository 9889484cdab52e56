import { type Circuit, secondsHeld } from './circuit.ts';
import { acceptedAnswer, type CollectorAnswer, problemAnswer } from './collector-answer.ts';
import { type DeliveryResult, describeDelivery } from './deliver-batch.ts';
import type { EdgePlatform } from './platform.ts';
import { readReceipt } from './read-receipt.ts';

/** What a browser learns of its batch. What was not stored stands in the log with the reason, which is no business of a page. */
export function answerDelivery(
  result: DeliveryResult,
  circuit: Circuit,
  { now, warn }: Pick<EdgePlatform, 'now' | 'warn'>,
): CollectorAnswer {
  const notStored = (): CollectorAnswer => {
    warn(`a batch was not stored: ${describeDelivery(result)}`);
    // What ingest asked for, be it in the answer to this very batch.
    const retryAfter = secondsHeld(circuit, now()) || undefined;
    return problemAnswer('UNAVAILABLE', 'The service could not take the batch now.', { retryAfter });
  };
  if (result.kind !== 'answered') return notStored();
  if (result.status === 413) return problemAnswer('BODY_TOO_LARGE', 'The batch is larger than the service takes.');
  const receipt = readReceipt(result.text);
  if (receipt === undefined) return notStored();
  switch (result.status) {
    case 200:
    case 202:
      return acceptedAnswer(receipt);
    case 422: {
      const detail = 'None of the events fits the stream; they are kept in quarantine.';
      return problemAnswer('ROWS_REFUSED', detail, { receipt });
    }
    default:
      return notStored();
  }
}
