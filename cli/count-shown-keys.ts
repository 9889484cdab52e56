import { z } from 'zod';
import { KEY_SET_PATH } from '../functions/issuer/answer-discovery.ts';

const KEY_SET = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const TIMEOUT_MS = 10_000;

/**
 * How many keys an issuer's key set shows; 0 where it answers none.
 *
 * @param issuer origin
 * @throws what `fetch` throws where nobody answers
 */
export async function countShownKeys(issuer: string, fetch: typeof globalThis.fetch): Promise<number> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`${issuer}${KEY_SET_PATH}`, { redirect: 'error', signal });
  const keySet = KEY_SET.safeParse(response.ok ? await response.json().catch(() => undefined) : undefined);
  return new Set(keySet.data?.keys.map(({ kid }) => kid)).size;
}
