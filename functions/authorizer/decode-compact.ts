import { type JsonObject, parseJsonObject } from './parse-json-object.ts';
import { TokenRefusedError } from './token-refused-error.ts';

/** A JWS in compact form (RFC 7515 §3.1), taken apart and not verified. */
export interface CompactJws {
  readonly compact: string;
  readonly header: JsonObject;
  /** May be empty: whether it has to be a claims set is not the signature's question. */
  readonly payload: Buffer;
}

/**
 * Takes a compact JWS apart. Each part must be the one spelling of its bytes in base64url, so that no two tokens are one and the batch
 * key, which is derived from the text, has one owner.
 *
 * @throws TokenRefusedError TOKEN_MALFORMED
 */
export function decodeCompact(compact: string): CompactJws {
  const [header, payload, signature, ...rest] = compact.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'Not three parts.');
  }
  if (header === '' || signature === '') throw new TokenRefusedError('TOKEN_MALFORMED', 'An empty part.');
  const [headerBytes, payloadBytes] = [header, payload, signature].map(decodePart);
  return {
    compact,
    header: parsePart('header', headerBytes ?? Buffer.alloc(0)),
    payload: payloadBytes ?? Buffer.alloc(0),
  };
}

/** @throws TokenRefusedError TOKEN_MALFORMED */
export function parsePart(name: 'header' | 'payload', bytes: Buffer): JsonObject {
  const parsed = parseJsonObject(bytes);
  if (parsed.kind === 'object') return parsed.object;
  throw new TokenRefusedError('TOKEN_MALFORMED', `The ${name} is ${parsed.fault}.`);
}

function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  // The decoder passes over what it does not know, padding and unused bits; then the text is not the one that it gives back.
  if (bytes.toString('base64url') === part) return bytes;
  throw new TokenRefusedError('TOKEN_MALFORMED', 'A part is not canonical base64url.');
}
