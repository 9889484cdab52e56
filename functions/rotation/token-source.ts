/** A token for an EdgeWorker. Times are whole seconds since the epoch. */
export interface IssuedToken {
  readonly token: string;
  /** By the clock of whoever asked: from here on it lives until `exp`. */
  readonly issuedAt: number;
  /** An EdgeWorker does not use it before. */
  readonly notBefore: number;
  readonly exp: number;
}

/** Whoever gives an EdgeWorker its access token: the built-in issuer, or an external one. */
export interface TokenSource {
  /** A token that is new, or as good as new. @throws what kept it from getting one; nothing of it holds a secret or a token */
  tokenFor(edgeWorkerId: number): Promise<IssuedToken>;
}
