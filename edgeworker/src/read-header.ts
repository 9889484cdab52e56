import type { HasHeaders } from './platform.ts';

/** The value of a header, repeated ones joined as HTTP allows, or undefined where it is missing or empty. */
export function readHeader(message: HasHeaders, name: string): string | undefined {
  const value = message.getHeader(name)?.join(', ').trim();
  return value === '' ? undefined : value;
}
