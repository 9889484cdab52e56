import { STAMPED_COLUMNS } from './contract.ts';
import type { BatchStamp, RefusedRow } from './judge-rows.ts';

export const QUARANTINE_TABLE = 'quarantine';

export const QUARANTINE_COLUMNS = [
  'stream',
  'raw',
  'raw_bytes',
  'codes',
  'columns',
  'line',
  'contract_hash',
  ...STAMPED_COLUMNS,
] as const;

/** Refused rows as JSONEachRow for the quarantine table. Only the raw row is the caller's, and it is escaped here. */
export function quarantineBytes(
  refused: readonly RefusedRow[],
  stream: string,
  contractHash: string,
  stamp: BatchStamp,
  rawBytes: number,
): Buffer {
  const lines = refused.map(({ row, line, raw, faults }) =>
    JSON.stringify({
      stream,
      raw: cut(raw, rawBytes),
      raw_bytes: Buffer.byteLength(raw),
      codes: faults.map(({ code }) => code),
      columns: faults.map(({ column }) => column.toWellFormed()),
      line: line ?? null,
      contract_hash: contractHash,
      ...stamp,
      _row: row,
    }),
  );
  return Buffer.from(lines.join('\n'));
}

/** The first `bytes` bytes of the text, never half a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text.toWellFormed();
  const encoded = Buffer.from(text);
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString('utf8', 0, end);
}
