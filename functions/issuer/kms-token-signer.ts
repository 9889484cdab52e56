import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { JWK } from 'jose';
import type { TokenSigner } from '../shared/token-signer.ts';
import { publicJwk } from './public-jwk.ts';

/** KMS did not sign or did not give a public key; `cause` says why. */
export class KmsUnavailableError extends Error {
  override readonly name = 'KmsUnavailableError';
  readonly code = 'KMS_UNAVAILABLE';
  readonly retryable = true;
  constructor(what: string, options?: ErrorOptions) {
    super(`KMS did not ${what}. Check the key's state and this function's right to use it.`, options);
  }
}

/** All attempts together. */
const TIMEOUT_MS = 5000;

/**
 * Signs with an RSA key of KMS; the private key never leaves it.
 *
 * @param keyIds ARNs of the signing keys, the active one first; every one is published
 */
export async function createKmsTokenSigner(
  keyIds: readonly [string, ...string[]],
  client = new KMSClient({ maxAttempts: 3 }),
): Promise<TokenSigner> {
  const jwks = await Promise.all(keyIds.map((keyId) => readPublicKey(client, keyId)));
  const [active] = jwks;
  if (active === undefined) throw new KmsUnavailableError('give a public key');
  return {
    kid: active.kid,
    publicKeys: async () => jwks,
    async sign(bytes) {
      const command = new SignCommand({
        KeyId: keyIds[0],
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
        MessageType: 'DIGEST',
        Message: createHash('sha256').update(bytes).digest(),
      });
      try {
        const { Signature } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
        if (Signature !== undefined) return Signature;
      } catch (cause) {
        throw new KmsUnavailableError('sign', { cause });
      }
      throw new KmsUnavailableError('sign');
    },
  };
}

async function readPublicKey(client: KMSClient, keyId: string): Promise<JWK & { readonly kid: string }> {
  try {
    const command = new GetPublicKeyCommand({ KeyId: keyId });
    const { PublicKey } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
    return publicJwk(
      createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' }).export({ format: 'jwk' }),
    );
  } catch (cause) {
    throw new KmsUnavailableError('give a public key', { cause });
  }
}
