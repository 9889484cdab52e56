import { createHash, createPrivateKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import type { TokenSigner } from '../functions/shared/token-signer.ts';

const generate = promisify(generateKeyPair);

/** A fresh RSA-2048 private key as PKCS #8 PEM, the size that the KMS keys of a deployment have. */
export async function generateSigningKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Signs with a key held in this process. @param pem an RSA private key */
export function createLocalTokenSigner(pem: string): TokenSigner {
  const privateKey = createPrivateKey(pem);
  const jwk = publicJwk(privateKey);
  return {
    kid: jwk.kid,
    sign: async (bytes) => sign('sha256', bytes, privateKey),
    publicKeys: async () => [jwk],
  };
}

function publicJwk(privateKey: KeyObject): JWK & { readonly kid: string } {
  const { n, e } = privateKey.export({ format: 'jwk' });
  // RFC 7638: the thumbprint's members in lexicographic order, without white space.
  const kid = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
  return {
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid,
    ...(n === undefined ? {} : { n }),
    ...(e === undefined ? {} : { e }),
  };
}
