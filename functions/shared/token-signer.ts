/** A private key that never leaves its keeper (KMS on AWS, the process in the local stack). RS256 only. */
export interface TokenSigner {
  /** The key that signs now. */
  readonly kid: string;
  /** RSASSA-PKCS1-v1_5 with SHA-256 over the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
