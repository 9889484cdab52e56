import { randomBytes } from 'node:crypto';
import { findSecrets } from './find-secrets.ts';

/** How somebody may have written a secret down, each in its own words: `findSecrets` does not get to say what it can find. */
const ENCODINGS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  URL: (secret) => new URL(`https://x.example/?q=${encodeURIComponent(secret)}`).href,
  form: (secret) => new URLSearchParams({ secret }).toString(),
  JSON: (secret) => JSON.stringify({ secret }),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ secret })),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  base64: (secret) => Buffer.from(`user:${secret}`).toString('base64'),
  base64url: (secret) => Buffer.from(`{"secret":"${secret}"}`).toString('base64url'),
};

/**
 * Looks for secrets in all that a test has produced, after it has found a canary that was planted there in each encoding.
 *
 * @returns the names of those that are in it
 * @throws where there is nothing to look for or in, or where the search misses the canary
 */
export function scanForSecrets(record: string, secrets: ReadonlyMap<string, string | Uint8Array>): readonly string[] {
  if (record === '' || secrets.size === 0) throw new Error('There is nothing to scan: the test captured nothing.');
  const canary = `"${randomBytes(24).toString('base64')}/+=\\`;
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    const found = findSecrets(`${record}\n${encode(canary)}`, new Map([['canary', canary]]));
    if (found.length === 0) throw new Error(`The scan is blind: it did not find a canary in the encoding ${encoding}.`);
  }
  return findSecrets(record, secrets);
}
