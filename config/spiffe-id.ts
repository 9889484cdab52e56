/** SPIFFE ID standard §2: at most 2,048 bytes. */
const MOST_CHARACTERS = 2048;
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;

/**
 * Whether a URI names a workload by the SPIFFE ID standard (§2, "SPIFFE Identity"): a trust domain and a path that is not the root;
 * no port, user, query, fragment or percent-encoding, and no segment `.` or `..`. Lower-case scheme and trust domain, so that what
 * is compared character by character cannot be written in two ways.
 */
export function isSpiffeId(uri: string): boolean {
  return uri.length <= MOST_CHARACTERS && SPIFFE_ID.test(uri);
}
