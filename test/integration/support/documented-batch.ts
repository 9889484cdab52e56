import { gunzipSync } from 'node:zlib';

// What design §3.2 asks of every batch, whatever its format, written down by hand.

/** Seconds that clocks may differ by. */
export const TOLERANCE = 30;
/** Most bytes of a batch as sent, where its stream has no bound of its own. */
export const MOST_BYTES = 4_500_000;
/** Without one of them nothing is answered but 400, or 401 of the gateway. */
export const REQUIRED_HEADERS = [
  'authorization',
  'content-type',
  'content-digest',
  'edge-batch-id',
  'edge-batch-rows',
  'edge-source',
  'signature-input',
  'signature',
] as const;
const FORMS: Readonly<Record<string, RegExp>> = {
  'content-digest': /^sha-256=:[A-Za-z0-9+/]{43}=:$/,
  'edge-batch-id': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'edge-batch-rows': /^(0|[1-9][0-9]{0,8})$/,
  'edge-source': /^[\x21-\x2b\x2d-\x7e]{1,256}$/,
};

/** The first two failures of a batch. @param headers by lower-case name, as the gateway hands them over */
export function headerFault(headers: ReadonlyMap<string, string>): 'HEADER_MISSING' | 'HEADER_MALFORMED' | undefined {
  if (REQUIRED_HEADERS.some((name) => !headers.has(name))) return 'HEADER_MISSING';
  const isWellFormed = Object.entries(FORMS).every(([name, form]) => form.test(headers.get(name) ?? ''));
  return isWellFormed ? undefined : 'HEADER_MALFORMED';
}

/** Undefined for what is no gzip. */
export function inflated(sent: Buffer): Buffer | undefined {
  try {
    return gunzipSync(sent);
  } catch {
    return undefined;
  }
}
