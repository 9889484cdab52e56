import type { JSONWebKeySet, JWK } from 'jose';
import { isProtectedUrl } from '../../config/is-protected-url.ts';
import { describeSilence } from '../shared/describe-silence.ts';
import { readBoundedText } from '../shared/read-bounded-text.ts';
import { KeySetUnavailableError } from './key-set-unavailable-error.ts';
import { parseJsonObject } from './parse-json-object.ts';

/** Well below the 10 s after which the gateway gives up on the authorizer (http-api-quotas). */
const TIMEOUT_MS = 2000;
/** Entra's set, the largest in use, has some ten keys with their certificates: 16 KB. */
const MOST_BYTES = 65_536;
const MOST_KEYS = 100;
/** Types of public keys. A set may hold others (RFC 7517 §5 says to ignore them); a symmetric one is nobody's to publish. */
const PUBLIC_TYPES: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

/**
 * Reads a key set (RFC 7517 §5): over TLS, from that very place and no other, no further than it may be long.
 *
 * @param url from the configuration, never from a token
 * @throws KeySetUnavailableError
 */
export async function fetchKeySet(fetch: typeof globalThis.fetch, url: string): Promise<JSONWebKeySet> {
  if (!isProtectedUrl(new URL(url))) throw new KeySetUnavailableError(url, 'it is not https');
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new KeySetUnavailableError(url, `status ${response.status}`);
    }
    const text = await readBoundedText(response, MOST_BYTES);
    if (text === undefined) throw new KeySetUnavailableError(url, `more than ${MOST_BYTES} bytes, or not UTF-8`);
    return parseKeySet(url, text);
  } catch (cause) {
    if (cause instanceof KeySetUnavailableError) throw cause;
    const seen = describeSilence(cause);
    throw new KeySetUnavailableError(url, 'reason' in seen ? `${seen.silence} (${seen.reason})` : seen.silence, {
      cause,
    });
  }
}

function parseKeySet(url: string, text: string): JSONWebKeySet {
  const parsed = parseJsonObject(Buffer.from(text));
  if (parsed.kind === 'fault') throw new KeySetUnavailableError(url, `it is ${parsed.fault}`);
  const { keys } = parsed.object;
  if (!Array.isArray(keys) || !keys.every(isKey)) throw new KeySetUnavailableError(url, 'it is not {"keys": […]}');
  if (keys.length > MOST_KEYS) throw new KeySetUnavailableError(url, `more than ${MOST_KEYS} keys`);
  return { keys: keys.filter(({ kty }) => PUBLIC_TYPES.has(kty)).map(forVerifying) };
}

/** `key_ops` may name what only the private half can do, such as `sign`: WebCrypto imports no public key that is to do so. */
function forVerifying(key: JWK): JWK {
  return Array.isArray(key.key_ops) && key.key_ops.includes('verify') ? { ...key, key_ops: ['verify'] } : key;
}

function isKey(value: unknown): value is JWK {
  if (typeof value !== 'object' || value === null || !('kty' in value)) return false;
  return typeof value.kty === 'string' && (!('kid' in value) || typeof value.kid === 'string');
}
