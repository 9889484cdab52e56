/**
 * The network of an address, as text: /24 of IPv4, /48 of IPv6 (`203.0.113.0/24`, `2001:db8:7::/48`), so that no whole address
 * leaves the edge. An IPv4 address that is mapped into IPv6 counts as IPv4. Undefined for what is no address.
 */
export function clientNetwork(address: string): string | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  return parsed.kind === 'ipv4' ? ipv4Network(parsed.bytes) : ipv6Network(parsed.groups.slice(0, 3));
}

/**
 * An address in one form only, so that equal ones have equal text: IPv4 in decimal, also where it is mapped into IPv6, and IPv6 as
 * eight groups (`2001:db8:7:0:0:0:0:1`). Undefined for what is no address.
 */
export function normalAddress(address: string): string | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  return parsed.kind === 'ipv4' ? parsed.bytes.join('.') : parsed.groups.map((group) => group.toString(16)).join(':');
}

type Address =
  | { readonly kind: 'ipv4'; readonly bytes: readonly number[] }
  | { readonly kind: 'ipv6'; readonly groups: readonly number[] };

function parseAddress(text: string): Address | undefined {
  const bytes = parseIpv4(text);
  if (bytes !== undefined) return { kind: 'ipv4', bytes };
  const groups = parseIpv6(text);
  if (groups === undefined) return undefined;
  const [f, g = 0, h = 0] = groups.slice(5);
  const mapped = f === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return mapped ? { kind: 'ipv4', bytes: [g >> 8, g & 0xff, h >> 8, h & 0xff] } : { kind: 'ipv6', groups };
}

function ipv4Network([a, b, c]: readonly number[]): string {
  return `${a}.${b}.${c}.0/24`;
}

/** RFC 5952: zeros at the end fall into `::`, together with the 80 bits that are cut off. */
function ipv6Network(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  return `${text.replace(/(^|:)0(:0)*$/, '')}::/48`;
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), whose last two may be written as IPv4. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parseGroups(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const ipv4 = last ? parseIpv4(parts.at(-1) ?? '') : undefined;
  const hex = ipv4 === undefined ? parts : parts.slice(0, -1);
  if (!hex.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4 ?? [];
  return [...hex.map((part) => Number.parseInt(part, 16)), ...(ipv4 === undefined ? [] : [(a << 8) | b, (c << 8) | d])];
}
