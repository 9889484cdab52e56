import { BATCH_CODES, type BatchCode } from './codes.ts';

export interface BatchRefusedOptions extends ErrorOptions {
  /** The rule of the policy that decided, e.g. `web-edge.deny[1]`. */
  readonly rule?: string;
  /** Where the same batch can succeed later: after how many seconds. */
  readonly retryAfterSeconds?: number;
}

/** A batch that ingest does not take as a whole; answered as `application/problem+json` (RFC 9457) with its code. */
export class BatchRefusedError extends Error {
  override readonly name = 'BatchRefusedError';
  readonly code: BatchCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly rule: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** @param detail what was seen and what was expected, without any value of a row, token, key or signature */
  constructor(code: BatchCode, detail: string, options: BatchRefusedOptions = {}) {
    super(detail, options);
    this.code = code;
    this.status = BATCH_CODES[code].status;
    this.retryable = BATCH_CODES[code].retryable;
    this.rule = options.rule;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
