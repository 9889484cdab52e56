import { isIPv4, isIPv6 } from 'node:net';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type FieldFault, plainType } from './column-type-parts.ts';

export const ADDRESS_TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['UUID', plainType(encodeUuid, 'a UUID string', { zeroBytes: 16 })],
  ['IPv4', plainType(encodeIpv4, 'an IPv4 address', { zeroBytes: 4 })],
  ['IPv6', plainType(encodeIpv6, 'an IPv6 or IPv4 address', { zeroBytes: 16 })],
]);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function encodeUuid(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string' || !UUID.test(value)) return 'FIELD_TYPE';
  const bytes = Buffer.from(value.replaceAll('-', ''), 'hex');
  // ClickHouse keeps a UUID as two little-endian halves.
  bytes.subarray(0, 8).reverse();
  bytes.subarray(8).reverse();
  out.bytes(bytes);
  return undefined;
}

function encodeIpv4(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string' || !isIPv4(value)) return 'FIELD_TYPE';
  // A number, so little endian: the last part first.
  for (const part of value.split('.').reverse()) out.byte(Number(part));
  return undefined;
}

function encodeIpv6(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string') return 'FIELD_TYPE';
  // As ClickHouse does: an IPv4 address is stored as ::ffff:a.b.c.d.
  const address = isIPv4(value) ? `::ffff:${value}` : value;
  // With a zone (`fe80::1%eth0`) it is the address of one machine's link, and the column has no room for the zone.
  if (!isIPv6(address) || address.includes('%')) return 'FIELD_TYPE';
  for (const group of groupsOf(address)) {
    out.byte(group >> 8);
    out.byte(group & 0xff);
  }
  return undefined;
}

/** The eight groups of a valid address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const before = readGroups(head);
  const after = tail === undefined ? [] : readGroups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function readGroups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
