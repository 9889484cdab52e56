export type VaultErrorCode =
  | 'VAULT_UNREACHABLE'
  | 'VAULT_SEALED'
  | 'VAULT_DENIED'
  | 'VAULT_REFUSED'
  | 'VAULT_ANSWER_MALFORMED'
  | 'CAS_MISMATCH'
  | 'SECRET_DELETED'
  | 'SECRET_ABSENT'
  | 'SECRET_NAME_INVALID'
  | 'SECRET_VALUE_INVALID';

const NEXT_STEPS: Readonly<Record<VaultErrorCode, string>> = {
  VAULT_UNREACHABLE: 'Check secrets.vault.address, its certificate, and that this function may connect there.',
  VAULT_SEALED: 'Unseal Vault, or end its maintenance; nothing has to be changed here.',
  VAULT_DENIED:
    "Check the role's audience, subject, policies and namespace, and that Vault reaches the issuer's key set.",
  VAULT_REFUSED: "Look the request up in Vault's audit log.",
  VAULT_ANSWER_MALFORMED:
    'Check that secrets.vault.mount is a KV engine of version 2 and that nothing else answers there.',
  CAS_MISMATCH: 'Somebody else wrote it: read it again and decide anew.',
  SECRET_DELETED: 'Undelete this version, or write a new one.',
  SECRET_ABSENT: 'Write the secret, or check its name, secrets.vault.mount and the namespace.',
  SECRET_NAME_INVALID: 'Give the name of the secret below the mount, not an ARN.',
  SECRET_VALUE_INVALID: 'Give the text of a JSON object: KV keeps objects.',
};

export interface VaultErrorOptions extends ErrorOptions {
  /** HTTP status, where Vault answered. */
  readonly status?: number;
  /** The version that is deleted. */
  readonly version?: number;
}

/**
 * Vault or OpenBao did not do what was asked. Words of the server are never taken over, since they may quote: a message holds
 * statuses, versions and names only.
 */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;
  /** Whether the same request can succeed later without anybody changing anything here. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly version: number | undefined;

  /**
   * @param what was being done, as the beginning of a sentence: `Reading secret a/b`
   * @param seen what came instead
   */
  constructor(code: VaultErrorCode, what: string, seen: string, options: VaultErrorOptions = {}) {
    super(`${what} at Vault failed: ${seen}. ${NEXT_STEPS[code]}`, options);
    this.code = code;
    this.retryable = isPassing(code, options.status);
    this.status = options.status;
    this.version = options.version;
  }
}

function isPassing(code: VaultErrorCode, status = 0): boolean {
  if (code !== 'VAULT_REFUSED') return code === 'VAULT_UNREACHABLE' || code === 'VAULT_SEALED';
  // 412: a node that lags behind (Vault Enterprise); 429: a rate limit quota.
  return status === 412 || status === 429 || status >= 500;
}
