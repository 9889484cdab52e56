import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { JWK } from 'jose';
import { describeAwsFault } from './aws-clients.ts';
import { publicJwk } from './public-jwk.ts';
import type { TokenSigner } from './token-signer.ts';

/** KMS did not sign or did not give a public key; `cause` says why. */
export class KmsUnavailableError extends Error {
  override readonly name = 'KmsUnavailableError';
  readonly code = 'KMS_UNAVAILABLE';
  readonly retryable = true;
  /** @param seen what came instead of the answer */
  constructor(what: string, keyId: string, seen: string, options?: ErrorOptions) {
    super(
      `KMS did not ${what} of key ${keyId}: ${seen}. Check that it is an enabled RSA signing key that this function may use.`,
      options,
    );
  }
}

/** All attempts together. */
const TIMEOUT_MS = 5000;

/**
 * Signs with an RSA key of KMS; the private key never leaves it.
 *
 * @param keyId the key's ARN
 * @throws KmsUnavailableError
 */
export async function createKmsTokenSigner(keyId: string, client: KMSClient): Promise<TokenSigner> {
  const { kid } = await readKmsPublicKey(keyId, client);
  return {
    kid,
    async sign(bytes) {
      const command = new SignCommand({
        KeyId: keyId,
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
        // 4096 bytes is the most that KMS hashes itself.
        MessageType: 'DIGEST',
        Message: createHash('sha256').update(bytes).digest(),
      });
      try {
        const { Signature } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
        if (Signature !== undefined) return Signature;
      } catch (cause) {
        throw new KmsUnavailableError('make a signature', keyId, describeAwsFault(cause), { cause });
      }
      throw new KmsUnavailableError('make a signature', keyId, 'an answer without one');
    },
  };
}

/** The public half of a key, as verifiers get it. @throws KmsUnavailableError */
export async function readKmsPublicKey(keyId: string, client: KMSClient): Promise<JWK & { readonly kid: string }> {
  const key = await askPublicKey(client, keyId).catch((cause: unknown) => {
    throw new KmsUnavailableError('give the public half', keyId, describeAwsFault(cause), { cause });
  });
  if (key === undefined) throw new KmsUnavailableError('give the public half', keyId, 'an answer without one');
  return publicJwk(createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }).export({ format: 'jwk' }));
}

async function askPublicKey(client: KMSClient, keyId: string): Promise<Uint8Array | undefined> {
  const command = new GetPublicKeyCommand({ KeyId: keyId });
  const { PublicKey } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  return PublicKey;
}
