import { createHash, hkdfSync } from 'node:crypto';
import { type Component, hmac, signatureBase } from './spoof-batch.ts';

/** A version of the signing master that is in force. */
export interface KnownMaster {
  readonly version: number;
  readonly key: Uint8Array;
}

const AGE = 300;
const AHEAD = 60;

/** Design §3.2, "Batch key". */
export function batchKeyOf(
  { version, key }: KnownMaster,
  token: string,
): { readonly key: Buffer; readonly keyId: string } {
  const h = createHash('sha256').update(token).digest('base64url');
  const bytes = hkdfSync('sha256', key, Buffer.alloc(0), `edgehouse batch key v1\n${h}`, 32);
  return { key: Buffer.from(bytes), keyId: `${version}.${h.slice(0, 16)}` };
}

/** Design §3.2, "Batch signature": the one text that each header may have, then the window. */
export function judgeSignature(
  headers: ReadonlyMap<string, string>,
  path: string,
  token: string,
  { now, masters }: { readonly now: number; readonly masters: readonly KnownMaster[] },
): 'BATCH_SIGNATURE_INVALID' | 'BATCH_SIGNATURE_STALE' | undefined {
  const input = headers.get('signature-input') ?? '';
  const created = Number(/;created=(\d+);/.exec(input)?.[1]);
  const covered = [
    'content-type',
    ...(headers.has('content-encoding') ? ['content-encoding'] : []),
    'content-digest',
    'edge-batch-id',
    'edge-batch-rows',
    'edge-source',
  ];
  const components: readonly Component[] = [
    ['"@method"', 'POST'],
    ['"@path"', path],
    ...covered.map((name): Component => [`"${name}"`, headers.get(name) ?? '']),
  ];
  const names = components.map(([name]) => name).join(' ');
  const good = masters.some((master) => {
    const { key, keyId } = batchKeyOf(master, token);
    const params = `(${names});created=${created};keyid="${keyId}";tag="edgehouse"`;
    const mac = hmac(key, signatureBase(components, params));
    return input === `edge=${params}` && headers.get('signature') === `edge=:${mac}:`;
  });
  if (!good) return 'BATCH_SIGNATURE_INVALID';
  return created >= now - AGE && created <= now + AHEAD ? undefined : 'BATCH_SIGNATURE_STALE';
}
