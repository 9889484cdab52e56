import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Audit } from './audit.ts';
import { METRIC_NAMESPACE, METRIC_UNITS, type Telemetry } from './telemetry.ts';

/** Metrics by EMF and logs as JSON on standard output, where CloudWatch reads both. @param service a bounded name */
export function createPowertoolsTelemetry(service: string): { readonly telemetry: Telemetry; readonly audit: Audit } {
  const logger = new Logger({ serviceName: service });
  return {
    telemetry: {
      count(metric, value, dimensions = {}) {
        // Metrics with dimensions of their own go out one by one: EMF knows one set of dimensions a line.
        const single = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: service, singleMetric: true });
        single.addDimensions({ ...dimensions });
        single.addMetric(metric, METRIC_UNITS[metric], value);
      },
      warn: (message, fields) => logger.warn(message, { ...fields }),
    },
    audit: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
  };
}
