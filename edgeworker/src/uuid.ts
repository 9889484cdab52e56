import type { EdgeCrypto, EdgePlatform } from './platform.ts';

/** The edge's, or a browser's: the client makes its ids here too. */
interface RandomSource {
  readonly crypto: Pick<EdgeCrypto, 'getRandomValues'>;
}

/** A new UUID of version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then randomness. Akamai has no `randomUUID`. */
export function uuidV7(platform: RandomSource & Pick<EdgePlatform, 'now'>): string {
  const time = platform.now().toString(16).padStart(12, '0').slice(-12);
  const random = randomHex(10, platform);
  // The two bits of the variant stand in front of 62 random ones.
  const variant = ((Number.parseInt(random.slice(4, 5), 16) & 0x3) | 0x8).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${random.slice(0, 3)}`,
    `${variant}${random.slice(5, 8)}`,
    random.slice(8, 20),
  ].join('-');
}

/** `bytes` random bytes in lower-case base 16. */
export function randomHex(bytes: number, { crypto }: RandomSource): string {
  const random = new Uint8Array(bytes);
  crypto.getRandomValues(random);
  return toHex(random);
}

/** Lower-case base 16. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
