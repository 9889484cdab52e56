import { clientNetwork } from './client-network.ts';
import { matchesPath } from './matches-path.ts';
import type { EdgePlatform, VisitorRequest, VisitorResponse } from './platform.ts';
import { readCookie } from './read-cookie.ts';
import { readHeader } from './read-header.ts';
import type { Sampling } from './settings.ts';

/**
 * The fraction of requests like this one that become events, or 0 where this one does not. All of a visitor's requests are kept or none,
 * wherever they are served, since who is kept follows from who they are; so `sum(1 / sample_rate)` over the events estimates the number
 * of requests, and is right for those that are always kept.
 */
export function sampleRate(
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  { rate, by, always }: Sampling,
  { encodeUtf8 }: Pick<EdgePlatform, 'encodeUtf8'>,
): number {
  if (always.status !== undefined && (response?.status ?? 0) >= always.status) return 1;
  const path = request.path ?? '';
  if (always.paths.some((pattern) => matchesPath(path, pattern))) return 1;
  const visitor =
    readVisitor(request, by) ??
    `${clientNetwork(request.clientIp ?? '') ?? ''}\n${readHeader(request, 'User-Agent') ?? ''}`;
  return hash32(encodeUtf8(visitor)) / 2 ** 32 < rate ? rate : 0;
}

function readVisitor(request: VisitorRequest, by: Sampling['by']): string | undefined {
  if (by === undefined) return undefined;
  return 'cookie' in by ? readCookie(request, by.cookie) : readHeader(request, by.header);
}

/** FNV-1a of 32 bits, then the last mix of MurmurHash3: without it the upper bits of short texts differ little. */
function hash32(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
