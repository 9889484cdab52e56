import type { FunctionName } from '../deployed-functions.ts';
import type { PerFunction } from './alarm.ts';

/** A query of CloudWatch Logs Insights. */
export interface LogQuery {
  /** What it answers, as it is called in the console. */
  readonly name: string;
  /** Where it looks, as far as the stack has it. */
  readonly logs: readonly (FunctionName | 'access-log')[];
  /** Its commands, which `|` joins. */
  readonly lines: readonly string[];
}

/** The questions of the dashboard, for a closer look. A test holds the fields that they name against the lines that the functions write. */
export const LOG_QUERIES = {
  flow: {
    name: 'Is it flowing',
    logs: ['ingest'],
    lines: [
      'filter audit = "batch"',
      'stats count() as batches, sum(rowsStored) as stored, sum(rowsRefused) as quarantined by stream, outcome, bin(5m) as time',
      'sort time desc',
    ],
  },
  latency: {
    name: 'How fresh - batch to receipt, ms',
    logs: ['ingest'],
    lines: [
      'filter audit = "batch" and outcome != "refused"',
      'stats pct(latencyMs, 50) as half, pct(latencyMs, 95) as p95, max(latencyMs) as worst by stream, bin(5m) as time',
      'sort time desc',
    ],
  },
  storedLater: {
    name: 'How fresh - stored from the spool, seconds since received',
    logs: ['replay'],
    lines: [
      'filter audit = "replay" and outcome = "stored"',
      'stats count() as batches, pct(ageSeconds, 50) as half, max(ageSeconds) as oldest by bin(15m)',
    ],
  },
  refusedIdentities: {
    name: 'Who is refused - identities',
    logs: ['authorizer'],
    lines: [
      'filter audit = "identity" and decision = "deny"',
      'stats count() as evaluations, latest(detail) as why by code, identity.iss, identity.sub, identity.spki',
      'sort evaluations desc',
      'limit 50',
    ],
  },
  refusedBatches: {
    name: 'Who is refused - batches',
    logs: ['ingest'],
    lines: [
      'filter audit = "batch" and decision = "deny"',
      'stats count() as batches by code, rule, identity.principal, stream, source',
      'sort batches desc',
      'limit 20',
    ],
  },
  turnedAway: {
    name: 'Who is refused - by the gateway',
    logs: ['access-log'],
    lines: [
      'filter status = "401" or status = "403" or status = "429"',
      'stats count() as requests by status, integrationStatus, authorizerStatus, sourceIp',
      'sort requests desc',
      'limit 50',
    ],
  },
  waiting: {
    name: 'What waits',
    logs: ['replay'],
    lines: [
      'filter audit = "replay" and (outcome = "waiting" or outcome = "dead")',
      'stats count() as attempts, count_distinct(object) as batches, max(ageSeconds) as oldest by stream, outcome, code, clickhouseCode',
      'sort batches desc',
    ],
  },
  expiring: {
    name: 'What expires next',
    logs: ['authorizer', 'rotation', 'password-rotation'],
    lines: [
      'filter ispresent(TokenSecondsToExpiry) or ispresent(PasswordAge) or ispresent(CertificateSecondsToExpiry)',
      'stats min(TokenSecondsToExpiry) / 60 as token_minutes, max(PasswordAge) / 86400 as password_days, min(CertificateSecondsToExpiry) / 86400 as certificate_days by principal, bin(1h) as time',
      'sort time desc',
    ],
  },
  warnings: {
    name: 'What runs badly',
    logs: ['authorizer', 'ingest', 'replay', 'rotation', 'password-rotation'],
    lines: [
      'filter level = "WARN"',
      'stats count() as lines, latest(timestamp) as last by service, message',
      'sort lines desc',
    ],
  },
} as const satisfies Readonly<Record<string, LogQuery>>;

/** The names of the log groups that a query looks into. */
export function logGroupsOf(
  { logs }: LogQuery,
  { logGroups, accessLog }: { readonly logGroups: PerFunction<string>; readonly accessLog: string },
): string[] {
  return logs.flatMap((log) => (log === 'access-log' ? accessLog : (logGroups[log] ?? [])));
}
