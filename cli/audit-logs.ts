import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AuditLine } from '../functions/shared/audit.ts';
import { awsClientOptions } from '../functions/shared/aws-clients.ts';
import { parseAuditLine } from './parse-audit-line.ts';

/** The log groups of a stack have its name in theirs; the access logs among them hold no line that fits. */
const stackName = (region: string) => `edgehouse-${region}`;
/** A search through a large log group answers late, in milliseconds. */
const SEARCH_MS = 30_000;
const AUDIT_LINES = '{ $.audit = "*" }';

/**
 * The audit lines in CloudWatch Logs of every region, in the order of their times: a retry may come in through another region. Needs
 * logs:DescribeLogGroups and logs:FilterLogEvents; a long range takes a call for each megabyte or so of log.
 */
export async function* readAuditLogs(regions: readonly string[], since: number): AsyncGenerator<AuditLine> {
  const lines = (await Promise.all(regions.map((region) => readRegion(region, since)))).flat();
  yield* lines.sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
}

async function readRegion(region: string, since: number): Promise<readonly AuditLine[]> {
  const { requestHandler, ...options } = awsClientOptions(region);
  const client = new CloudWatchLogsClient({
    ...options,
    requestHandler: { ...requestHandler, requestTimeout: SEARCH_MS, socketTimeout: SEARCH_MS },
  });
  try {
    const lines: AuditLine[] = [];
    for await (const { logGroups = [] } of paginateDescribeLogGroups(
      { client },
      { logGroupNamePattern: stackName(region) },
    )) {
      for (const { logGroupName } of logGroups) {
        const wanted = { logGroupName, startTime: since, filterPattern: AUDIT_LINES };
        for await (const { events = [] } of paginateFilterLogEvents({ client }, wanted)) {
          lines.push(...events.flatMap(({ message = '' }) => parseAuditLine(message) ?? []));
        }
      }
    }
    return lines;
  } finally {
    client.destroy();
  }
}
