import type { HasHeaders } from './platform.ts';
import { readHeader } from './read-header.ts';

/** Where the page that posts comes from, seen from the address that it posts to. */
export type OriginVerdict = 'same' | 'allowed' | 'denied';

/** `@` and `\` would make one host look like another; no browser sends them there. */
const ORIGIN_OF_URL = /^https?:\/\/[^/?#@\\]+(?=[/?#]|$)/;

/**
 * The origin of the page that sent a request: `Origin`, and where that is missing, what `Referer` begins with. Browsers send
 * `Origin` with every POST, but for old ones and for privacy settings. Undefined where neither says it.
 */
export function pageOrigin(message: HasHeaders): string | undefined {
  return readHeader(message, 'Origin') ?? ORIGIN_OF_URL.exec(readHeader(message, 'Referer') ?? '')?.[0];
}

/**
 * No page can forge its origin. So this keeps the pages of strangers away, not programs: rows of a collector are trusted as a
 * client's whatever it says.
 *
 * @param scheme of the request; Akamai may say `http` behind a TLS front of its own, so `https` counts too
 */
export function judgeOrigin(
  origin: string | undefined,
  { scheme, host }: { readonly scheme?: string | null | undefined; readonly host?: string | null | undefined },
  allowedOrigins: readonly string[],
): OriginVerdict {
  if (origin === undefined) return 'denied';
  if (host && (origin === `${scheme}://${host}` || origin === `https://${host}`)) return 'same';
  return allowedOrigins.includes(origin) ? 'allowed' : 'denied';
}
