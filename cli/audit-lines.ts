import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { AuditLine } from '../functions/shared/audit.ts';
import { splitLines } from '../local/log/split-lines.ts';
import { parseAuditLine } from './parse-audit-line.ts';
import type { StackPlace } from './stack-place.ts';

/** Longer than any line of ours. */
const LONGEST_LINE = 262_144;

/** Audit lines of a stack from a time on, the oldest first. */
export type ReadAuditLines = (since: number) => AsyncIterable<AuditLine>;

/** Where the audit lines of a stack are read. @param regions of the configuration; only for AWS */
export async function openAuditLines(place: StackPlace, regions: readonly string[]): Promise<ReadAuditLines> {
  if (place.kind === 'folder') {
    return (since) => readAuditFile(join(place.dataDir, 'audit.ndjson'), since);
  }
  const { readAuditLogs } = await import('./audit-logs.ts');
  return (since) => readAuditLogs(regions, since);
}

async function* readAuditFile(file: string, since: number): AsyncGenerator<AuditLine> {
  for await (const row of splitLines(createReadStream(file), LONGEST_LINE)) {
    const line = row.kind === 'text' ? parseAuditLine(row.text) : undefined;
    if (line !== undefined && Date.parse(line.time) >= since) yield line;
  }
}
