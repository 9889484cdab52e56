import type { Audit } from './audit.ts';
import { METRIC_NAMESPACE, METRIC_UNITS, type Telemetry } from './telemetry.ts';

/**
 * Metrics in CloudWatch's embedded metric format, warnings and audit lines, each one line of JSON on standard output, where
 * CloudWatch reads them all. By hand and not with Powertools, whose two packages took half of the authorizer's start (ADR 11).
 *
 * @param service a bounded name: a dimension of every metric
 */
export function createLambdaTelemetry(service: string): { readonly telemetry: Telemetry; readonly audit: Audit } {
  return {
    telemetry: {
      // One metric a line: EMF knows one set of dimensions a line.
      count(metric, value, dimensions = {}) {
        const named = { service, ...dimensions };
        const metrics = [{ Name: metric, Unit: METRIC_UNITS[metric] }];
        const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [Object.keys(named)], Metrics: metrics };
        write({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] }, ...named, [metric]: value });
      },
      warn: (message, fields) =>
        write({ ...fields, level: 'WARN', message, service, timestamp: new Date().toISOString() }),
    },
    audit: write,
  };
}

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
