/** Which versions a secret has, as far as a staging label holds them. */
export interface RotatedSecret {
  readonly rotationEnabled: boolean;
  /** Staging labels by version. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';

/** The store of secrets as a rotation needs it: versions and their labels. Each call throws RotationStoreError. */
export interface RotationStore {
  describe(secret: string): Promise<RotatedSecret>;
  /** @returns the text of a version; undefined where it has none */
  readVersion(secret: string, version: string): Promise<string | undefined>;
  /** Makes the version's value, under the label AWSPENDING. A version that has a value keeps it. */
  putPending(secret: string, version: string, value: string): Promise<void>;
  /** Moves AWSCURRENT, and fails where `from` does not hold it any more. AWSPREVIOUS then stays on `from`. */
  moveCurrent(secret: string, from: string, to: string): Promise<void>;
}

/** The store did not do what it was asked; the values are nowhere in this. */
export class RotationStoreError extends Error {
  override readonly name = 'RotationStoreError';
  readonly code = 'ROTATION_STORE_FAILED';
  readonly retryable = true;
  /** @param seen what came instead of the answer */
  constructor(what: string, secret: string, seen: string, options?: ErrorOptions) {
    super(
      `${what} secret ${secret} failed: ${seen}. Check that this function may do so; the rotation is then tried again.`,
      options,
    );
  }
}
