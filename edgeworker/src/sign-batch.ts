import type { Credentials } from './credentials.ts';
import { type KeyCache, makeMac } from './make-mac.ts';
import type { EdgePlatform } from './platform.ts';

/** A batch as it will be sent. */
export interface UnsignedBatch {
  readonly stream: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly rows: number;
  /** UUID; a retry repeats it together with the same body. */
  readonly batchId: string;
  readonly source: string;
}

/** The path that a batch is posted to and that its signature covers. */
export function batchPath(stream: string): string {
  return `/v1/streams/${stream}/batches`;
}

/**
 * The headers of a signed batch: RFC 9421 with HMAC-SHA-256, one label, exactly these components in this order (design §3.2).
 * Host is not covered: an Akamai property rewrites it.
 */
export async function signBatch(
  batch: UnsignedBatch,
  { token, key, keyId }: Credentials,
  createdSeconds: number,
  platform: Pick<EdgePlatform, 'crypto' | 'encodeUtf8' | 'atob' | 'btoa'>,
  keys: KeyCache = {},
): Promise<Readonly<Record<string, string>>> {
  const digest = await platform.crypto.subtle.digest('SHA-256', batch.body);
  const covered = coveredHeaders(batch, `sha-256=:${toBase64(digest, platform)}:`);

  const components = [['@method', 'POST'], ['@path', batchPath(batch.stream)], ...Object.entries(covered)];
  const names = components.map(([name]) => `"${name}"`).join(' ');
  const params = `(${names});created=${createdSeconds};keyid="${keyId}";tag="edgehouse"`;
  const lines = [...components, ['@signature-params', params]].map(([name, value]) => `"${name}": ${value}`);

  const batchKey = { text: key, read: (text: string) => fromBase64Url(text, platform) };
  const mac = await makeMac(platform.encodeUtf8(lines.join('\n')), batchKey, 'batch', keys, platform);
  return {
    authorization: `Bearer ${token}`,
    ...covered,
    'signature-input': `edge=${params}`,
    signature: `edge=:${toBase64(mac, platform)}:`,
  };
}

/** The order is the contract's. */
function coveredHeaders(batch: UnsignedBatch, contentDigest: string): Readonly<Record<string, string>> {
  return {
    'content-type': batch.contentType,
    'content-digest': contentDigest,
    'edge-batch-id': batch.batchId,
    'edge-batch-rows': String(batch.rows),
    'edge-source': batch.source,
  };
}

// Only `atob` and `btoa` of Akamai's codecs are a standard's (WHATWG), with its rules on padding.
function toBase64(bytes: ArrayBuffer, { btoa }: Pick<EdgePlatform, 'btoa'>): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function fromBase64Url(text: string, { atob }: Pick<EdgePlatform, 'atob'>): Uint8Array {
  const binary = atob(
    text
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .padEnd(Math.ceil(text.length / 4) * 4, '='),
  );
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
