import type { AuditCommand } from './audit-command.ts';
import { openAuditLines } from './audit-lines.ts';
import { AUDIT_HEADER, auditRow, isRefused } from './audit-table.ts';
import type { CommandIo } from './command-io.ts';
import { parseTime } from './parse-time.ts';
import { printableJson } from './printable.ts';

/** `edgehouse audit`: who was let in and who was not, what each batch came to, and what replay did, as a table. */
export async function audit(
  { place, since, refused, json }: AuditCommand,
  io: Pick<CommandIo, 'out' | 'err' | 'now'>,
): Promise<void> {
  const from = parseTime('--since', since, io.now());
  const { config } = await import('#config');
  const tally = new Map<string, number>();
  if (!json) io.out(AUDIT_HEADER);
  const read = await openAuditLines(place, config.regions);
  for await (const line of read(from)) {
    if (refused && !isRefused(line)) continue;
    io.out(json ? printableJson(JSON.stringify(line)) : auditRow(line));
    const what = line.code ?? (line.audit === 'identity' ? line.decision : line.outcome);
    tally.set(what, (tally.get(what) ?? 0) + 1);
  }
  if (json) return;
  const counts = [...tally].sort(([, one], [, other]) => other - one).map(([what, count]) => `${what} ${count}`);
  io.out(counts.length === 0 ? 'no lines' : counts.join(', '));
}
