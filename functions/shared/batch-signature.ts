import { createHmac, timingSafeEqual } from 'node:crypto';

/** A batch signature is taken `created` up to this many seconds ago (design §3.2). */
export const SIGNATURE_MAX_AGE_SECONDS = 300;
/** … and up to this many seconds ahead of the verifier's clock. */
export const SIGNATURE_MAX_AHEAD_SECONDS = 60;

/** What a batch signature covers. Header values as sent, without surrounding white space. */
export interface BatchMessage {
  /** `/v1/streams/<stream>/batches`, rebuilt from route and stream name: a gateway may rewrite the raw path. */
  readonly path: string;
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  readonly contentDigest: string;
  readonly batchId: string;
  readonly batchRows: string;
  readonly source: string;
}

/** The values of the headers `Signature-Input` and `Signature`. */
export interface BatchSignature {
  readonly signatureInput: string;
  readonly signature: string;
}

export type SignatureVerdict =
  | { readonly kind: 'valid'; readonly keyId: string; readonly created: number }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'stale'; readonly created: number };

/** The path that a batch of `stream` is posted to and that its signature covers. */
export function batchPath(stream: string): string {
  return `/v1/streams/${stream}/batches`;
}

/** `sha-256=:<base64>:`, the `Content-Digest` of RFC 9530 for a SHA-256 digest of 32 bytes. */
export function contentDigest(sha256: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** The signature base of RFC 9421 §2.5: one line a component, the parameters last, LF between, none at the end. */
export function signatureBase(message: BatchMessage, params: string): string {
  const lines = components(message).map(([name, value]) => `"${name}": ${value}`);
  return [...lines, `"@signature-params": ${params}`].join('\n');
}

/** The parameters line: the covered components in their one order, then `created` (seconds), `keyid` and `tag`. */
export function signatureParams(message: BatchMessage, keyId: string, created: number | string): string {
  const names = components(message).map(([name]) => `"${name}"`);
  return `(${names.join(' ')});created=${created};keyid="${keyId}";tag="edgehouse"`;
}

/** Signs a batch with its key. `created` is in seconds since the epoch. */
export function signBatch(message: BatchMessage, key: Uint8Array, keyId: string, created: number): BatchSignature {
  const params = signatureParams(message, keyId, created);
  return { signatureInput: `edge=${params}`, signature: `edge=:${mac(key, message, params).toString('base64')}:` };
}

/**
 * Verifies a batch signature: exactly one label, exactly our components and parameters, then the MAC, then the window.
 * A signature that is not exactly as above is invalid, whatever else it might mean under RFC 9421.
 *
 * @param keyFor the key that belongs to a `keyid` and to this caller, or undefined
 * @param now seconds since the epoch
 */
export function verifyBatchSignature(
  message: BatchMessage,
  { signatureInput, signature }: BatchSignature,
  keyFor: (keyId: string) => Uint8Array | undefined,
  now: number,
): SignatureVerdict {
  const seen = SIGNATURE_INPUT.exec(signatureInput);
  const given = SIGNATURE.exec(signature);
  if (seen?.[1] === undefined || seen[2] === undefined || given?.[1] === undefined) return { kind: 'invalid' };
  const [, created, keyId] = seen;
  const params = signatureParams(message, keyId, created);
  const key = signatureInput === `edge=${params}` ? keyFor(keyId) : undefined;
  if (key === undefined) return { kind: 'invalid' };

  const givenMac = Buffer.from(given[1], 'base64');
  const canonical = givenMac.length === 32 && givenMac.toString('base64') === given[1];
  if (!canonical || !timingSafeEqual(givenMac, mac(key, message, params))) return { kind: 'invalid' };

  const age = now - Number(created);
  if (age > SIGNATURE_MAX_AGE_SECONDS || age < -SIGNATURE_MAX_AHEAD_SECONDS) {
    return { kind: 'stale', created: Number(created) };
  }
  return { kind: 'valid', keyId, created: Number(created) };
}

// `created` is an integer of RFC 9651 without sign or leading zero; the key id's alphabet needs no escapes.
const SIGNATURE_INPUT = /^edge=\([^)]*\);created=(0|[1-9]\d{0,14});keyid="([A-Za-z0-9._-]{1,128})";tag="edgehouse"$/;
const SIGNATURE = /^edge=:([A-Za-z0-9+/]{43}=):$/;

function components(message: BatchMessage): readonly (readonly [string, string])[] {
  return [
    ['@method', 'POST'],
    ['@path', message.path],
    ['content-type', message.contentType],
    ...(message.contentEncoding === undefined ? [] : [['content-encoding', message.contentEncoding] as const]),
    ['content-digest', message.contentDigest],
    ['edge-batch-id', message.batchId],
    ['edge-batch-rows', message.batchRows],
    ['edge-source', message.source],
  ];
}

function mac(key: Uint8Array, message: BatchMessage, params: string): Buffer {
  return createHmac('sha256', key).update(signatureBase(message, params)).digest();
}
