import type { JWK } from 'jose';
import { type IssuerKeyName, type IssuerKeys, publishedKeys } from '../shared/issuer-keys.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';

export interface PublishedKeySetOptions {
  readonly keys: Pick<CachedSecret<IssuerKeys>, 'get'>;
  /** Asks the keeper of a key for its public half, which never changes. */
  readonly readPublicKey: (name: IssuerKeyName) => Promise<JWK>;
}

/**
 * The key set as the note has it at present, the key that signs first. A public half is asked for once a container.
 *
 * It is whole or fails, and then the gateway answers 500: verifiers go on with the set they have, while one that lacks a key would
 * make them refuse good tokens.
 *
 * @returns throws what `keys` and `readPublicKey` throw
 */
export function createPublishedKeySet({ keys, readPublicKey }: PublishedKeySetOptions): () => Promise<readonly JWK[]> {
  const held = new Map<IssuerKeyName, Promise<JWK>>();

  function publicKey(name: IssuerKeyName): Promise<JWK> {
    const known = held.get(name);
    if (known !== undefined) return known;
    const reading = readPublicKey(name).catch((error: unknown) => {
      held.delete(name);
      throw error;
    });
    held.set(name, reading);
    return reading;
  }

  return async () => Promise.all(publishedKeys(await keys.get()).map(publicKey));
}
