import { BATCH_CODES, type BatchCode } from './codes.ts';

/** A batch that ingest does not take as a whole; answered as `application/problem+json` (RFC 9457) with its code. */
export class BatchRefusedError extends Error {
  override readonly name = 'BatchRefusedError';
  readonly code: BatchCode;
  readonly status: number;
  readonly retryable: boolean;

  /** @param detail what was seen and what was expected, without any value of a row, token, key or signature */
  constructor(code: BatchCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.status = BATCH_CODES[code].status;
    this.retryable = BATCH_CODES[code].retryable;
  }
}
