import type { AuditLine } from '../functions/shared/audit.ts';
import { printable } from './printable.ts';

const COLUMNS = [
  ['time', 24],
  ['what', 8],
  ['decision', 11],
  ['code', 23],
  ['principal', 16],
  ['stream', 16],
  ['source', 18],
  ['rows', 12],
  ['ms', 6],
  ['request', 0],
] as const;

type Cells = Readonly<Partial<Record<(typeof COLUMNS)[number][0], string | number | undefined>>>;

export const AUDIT_HEADER: string = render(Object.fromEntries(COLUMNS.map(([name]) => [name, name])));

/** One audit line as a line of the table. Rows: stored + quarantined of declared. */
export function auditRow(line: AuditLine): string {
  return render({ time: line.time, what: line.audit, code: line.code, request: line.requestId, ...cellsOf(line) });
}

/** Whether it is one that somebody has to look at: denied, failed, or lying dead. */
export function isRefused(line: AuditLine): boolean {
  return line.audit === 'replay' ? line.outcome === 'dead' : line.decision !== 'allow';
}

function cellsOf(line: AuditLine): Cells {
  switch (line.audit) {
    case 'identity': {
      const { principal, clientId, sub } = line.identity;
      return { decision: line.decision, principal: principal ?? sub ?? clientId, ms: line.latencyMs };
    }
    case 'batch': {
      const { rowsStored, rowsRefused, rowsDeclared } = line;
      return {
        decision: line.decision === 'allow' ? line.outcome : line.decision,
        principal: line.identity.principal,
        stream: line.stream,
        source: line.source,
        rows: `${rowsStored ?? '-'}+${rowsRefused ?? '-'}/${rowsDeclared ?? '-'}`,
        ms: line.latencyMs,
      };
    }
    case 'replay': {
      const { outcome, principal, stream, source, rowsStored, rowsRefused } = line;
      const rows = `${rowsStored ?? '-'}+${rowsRefused ?? '-'}`;
      return { decision: outcome, principal, stream, source, rows };
    }
    default:
      return line satisfies never;
  }
}

function render(cells: Cells): string {
  const padded = COLUMNS.map(([name, width]) => printable(String(cells[name] ?? '-')).padEnd(width));
  return padded.join('  ').trimEnd();
}
