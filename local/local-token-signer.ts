import { createPrivateKey, generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import { publicJwk } from '../functions/shared/public-jwk.ts';
import type { TokenSigner } from '../functions/shared/token-signer.ts';

const generate = promisify(generateKeyPair);

/** A fresh RSA-2048 private key as PKCS #8 PEM, the size that the KMS keys of a deployment have. */
export async function generateSigningKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export interface LocalTokenSigner extends TokenSigner {
  readonly publicKey: JWK;
}

/** Signs with a key held in this process. @param pem an RSA private key */
export function createLocalTokenSigner(pem: string): LocalTokenSigner {
  const privateKey = createPrivateKey(pem);
  const jwk = publicJwk(privateKey.export({ format: 'jwk' }));
  return {
    kid: jwk.kid,
    publicKey: jwk,
    sign: async (bytes) => sign('sha256', bytes, privateKey),
  };
}
