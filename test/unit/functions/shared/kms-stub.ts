import { constants, createPublicKey, privateEncrypt } from 'node:crypto';
import { json, type StubAnswer, type StubRequest } from './aws-stub.ts';

/** DigestInfo of SHA-256 (RFC 8017, 9.2): KMS is handed the digest alone. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** KMS, as far as a signer asks it. @param keys RSA private keys as PEM, by what KMS knows them as */
export function answerAsKms(keys: Readonly<Record<string, string>>): (request: StubRequest) => StubAnswer {
  return ({ headers, body }) => {
    const { KeyId, Message }: { readonly KeyId: string; readonly Message?: string } = JSON.parse(String(body));
    const key = keys[KeyId] ?? '';
    if (headers['x-amz-target'] === 'TrentService.GetPublicKey') {
      const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
      return json({ KeyId, PublicKey: spki.toString('base64') });
    }
    const encoded = Buffer.concat([DIGEST_INFO, Buffer.from(Message ?? '', 'base64')]);
    const signature = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encoded);
    return json({ KeyId, Signature: signature.toString('base64') });
  };
}
