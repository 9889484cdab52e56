/** Where the page that posts comes from, seen from the address that it posts to. */
export type OriginVerdict = 'same' | 'allowed' | 'denied';

/**
 * Browsers send `Origin` with every POST, and no page can forge it. So this keeps the pages of strangers away, not programs: rows
 * of a collector are trusted as a client's whatever it says.
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
