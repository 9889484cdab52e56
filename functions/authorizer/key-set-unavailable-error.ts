/** A key set could not be had. Infrastructure, not the caller: the gateway answers 500 and caches nothing. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError';
  readonly code = 'KEY_SET_UNAVAILABLE';
  readonly retryable = true;
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`The key set ${url} could not be read: ${reason}. Check that the issuer answers.`, options);
  }
}
