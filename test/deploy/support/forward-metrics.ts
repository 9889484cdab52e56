import { type EmittedMetric, readEmf } from '../../cdk/watch/emitted-metrics.ts';
import { callAws } from './call-aws.ts';
import type { Emulator } from './emulator.ts';
import { readLogs } from './read-logs.ts';

/**
 * Puts the metrics that functions of the stack wrote to their logs, each as it was written. CloudWatch takes them out of the logs by
 * itself; the emulator does not (docs/emulator.md).
 *
 * @param logicalIds with what the logical ids of the log groups begin
 * @returns what was put
 */
export async function forwardMetrics(emulator: Emulator, logicalIds: string): Promise<readonly EmittedMetric[]> {
  const log = await readLogs(emulator, ({ logicalId }) => logicalId.startsWith(logicalIds));
  const metrics = log.split('\n').flatMap((line) => (line.includes('"_aws"') ? readEmf(JSON.parse(line)) : []));
  for (const { namespace, name, unit, dimensions, value } of metrics) {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const MetricData = [{ MetricName: name, Unit: unit, Value: value, Dimensions }];
    await callAws(emulator, 'cloudwatch', 'put_metric_data', { Namespace: namespace, MetricData });
  }
  return metrics;
}
