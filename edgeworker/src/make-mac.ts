import type { EdgePlatform } from './platform.ts';

/**
 * Holds keys as the platform has them, by what they are for, where that keeps anything between requests: importing one costs as much as
 * signing. Starts empty.
 */
export type KeyCache = { [Purpose in 'batch' | 'address']?: ImportedKey | undefined };

interface ImportedKey {
  /** What it was imported from. */
  readonly text: string;
  readonly hmacKey: object;
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/**
 * The HMAC-SHA-256 of a message.
 *
 * @param key its text, and how to read that as bytes
 */
export async function makeMac(
  message: Uint8Array,
  { text, read }: { readonly text: string; readonly read: (text: string) => Uint8Array },
  purpose: keyof KeyCache,
  keys: KeyCache,
  { crypto: { subtle } }: Pick<EdgePlatform, 'crypto'>,
): Promise<ArrayBuffer> {
  const held = keys[purpose];
  if (held?.text === text) {
    try {
      return await subtle.sign('HMAC', held.hmacKey, message);
    } catch {
      // Akamai does not say whether a key outlives the request that imported it.
    }
  }
  const hmacKey = await subtle.importKey('raw', read(text), HMAC, false, ['sign']);
  keys[purpose] = { text, hmacKey };
  return subtle.sign('HMAC', hmacKey, message);
}
