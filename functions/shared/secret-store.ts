/** Where secrets are kept. Reading always asks the store; `secret-cache.ts` decides how often. */
export interface SecretStore {
  /**
   * @returns the current version's text
   * @throws SecretUnavailableError
   */
  read(name: string): Promise<string>;
}

/** A secret could not be read; the reason is in `cause`, the value nowhere. */
export class SecretUnavailableError extends Error {
  override readonly name = 'SecretUnavailableError';
  readonly code = 'SECRET_UNAVAILABLE';
  readonly retryable = true;
  /** @param options `seen`: what came instead of the value */
  constructor(
    secret: string,
    { seen = 'no answer that counts', ...options }: ErrorOptions & { readonly seen?: string } = {},
  ) {
    super(
      `Secret ${secret} could not be read: ${seen}. Check that it exists and that this function may read it.`,
      options,
    );
  }
}
