import type { HasHeaders } from './platform.ts';

/** The first cookie of this name, as it was sent (RFC 6265 §5.4), or undefined where it is missing or empty. */
export function readCookie(message: HasHeaders, name: string): string | undefined {
  // HTTP/2 lets a client send its cookies in several lines (RFC 9113 §8.2.3).
  const pairs = message.getHeader('Cookie')?.flatMap((line) => line.split(';')) ?? [];
  const pair = pairs.map((text) => text.trim()).find((text) => text.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) || undefined;
}
