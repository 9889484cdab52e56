import { isIPv4, isIPv6 } from 'node:net';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type FieldFault, plainType } from './column-type-parts.ts';

export const ADDRESS_TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['UUID', plainType(encodeUuid, 'a UUID string', { zeroBytes: 16 })],
  ['IPv4', plainType(encodeIpv4, 'an IPv4 address', { zeroBytes: 4 })],
  ['IPv6', plainType(encodeIpv6, 'an IPv6 or IPv4 address', { zeroBytes: 16 })],
]);

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`. */
function encodeUuid(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string' || value.length !== 36) return 'FIELD_TYPE';
  for (const dash of [8, 13, 18, 23]) if (value.charCodeAt(dash) !== DASH) return 'FIELD_TYPE';
  const first = hex(value, 0, 8);
  const second = hex(value, 9, 13) * 0x1_0000 + hex(value, 14, 18);
  const third = hex(value, 19, 23) * 0x1_0000 + hex(value, 24, 28);
  const fourth = hex(value, 28, 36);
  if (Number.isNaN(first + second + third + fourth)) return 'FIELD_TYPE';
  // ClickHouse keeps a UUID as two little-endian halves.
  for (const word of [second, first, fourth, third]) out.int(word, 4);
  return undefined;
}

const DASH = 0x2d;

/** The number that hexadecimal digits stand for; NaN where one is none. */
function hex(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x30 && unit <= 0x39) number = number * 16 + unit - 0x30;
    // The bit that makes a letter small.
    else if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66) number = number * 16 + (unit | 0x20) - 0x57;
    else return Number.NaN;
  }
  return number;
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
