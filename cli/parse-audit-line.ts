import type { AuditLine } from '../functions/shared/audit.ts';

/** One line of a log. @returns undefined where it is none of ours: a log holds other lines too, and one may be cut short */
export function parseAuditLine(text: string): AuditLine | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isAuditLine(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const KINDS: ReadonlySet<unknown> = new Set<AuditLine['audit']>(['identity', 'batch', 'replay']);

function isAuditLine(value: unknown): value is AuditLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'audit' in value &&
    KINDS.has(value.audit) &&
    'time' in value &&
    typeof value.time === 'string' &&
    !Number.isNaN(Date.parse(value.time)) &&
    (value.audit === 'replay' || ('identity' in value && typeof value.identity === 'object' && value.identity !== null))
  );
}
