import type { JWK } from 'jose';
import { ISSUER_KEYS_SECRET } from '../config/secret-names.ts';
import { createPublishedKeySet } from '../functions/issuer/published-key-set.ts';
import { formatIssuerKeys, type IssuerKeyName, parseIssuerKeys } from '../functions/shared/issuer-keys.ts';
import type { TokenSigner } from '../functions/shared/token-signer.ts';
import type { FileSecretStore } from './file-secret-store.ts';
import { createLocalTokenSigner, generateSigningKey, type LocalTokenSigner } from './local-token-signer.ts';

export interface LocalIssuerKeys {
  /** The key that signs now. */
  signer(): Promise<TokenSigner>;
  /** What the issuer publishes now. */
  keySet(): Promise<readonly JWK[]>;
}

/**
 * The local issuer's two keys, as PEM files beside the note which one signs. It is read each time, so that a roll
 * shows at once; a key is made when it is first wanted, because that takes as long as the rest of a start.
 */
export async function openLocalIssuerKeys(secrets: FileSecretStore): Promise<LocalIssuerKeys> {
  const signers = new Map<IssuerKeyName, Promise<LocalTokenSigner>>();
  const signerOf = (name: IssuerKeyName): Promise<LocalTokenSigner> => {
    const held = signers.get(name);
    if (held !== undefined) return held;
    const pem = secrets.readOrCreate(`edgehouse/issuer-key-${name}`, generateSigningKey);
    const opening = pem.then(createLocalTokenSigner).catch((error: unknown) => {
      signers.delete(name);
      throw error;
    });
    signers.set(name, opening);
    return opening;
  };
  const get = async () => parseIssuerKeys(await secrets.read(ISSUER_KEYS_SECRET));
  await secrets.readOrCreate(ISSUER_KEYS_SECRET, () => formatIssuerKeys({ active: 'a', roll: undefined }));
  return {
    signer: async () => signerOf((await get()).active),
    keySet: createPublishedKeySet({
      keys: { get },
      readPublicKey: async (name) => (await signerOf(name)).publicKey,
    }),
  };
}
