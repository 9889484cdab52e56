import { runInNewContext } from 'node:vm';
import type { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import type { EmittedMetric } from './emitted-metrics.ts';

const filterSchema = z.object({
  FilterPattern: z.string(),
  LogGroupName: z.object({ Ref: z.string() }),
  MetricTransformations: z.tuple([
    z.strictObject({
      MetricNamespace: z.string(),
      MetricName: z.string(),
      MetricValue: z.literal('1'),
      DefaultValue: z.literal(0),
    }),
  ]),
});

/** The metric filters of a template, by the names of their metrics. */
export function filtersIn(template: Template): ReadonlyMap<string, z.output<typeof filterSchema>> {
  return new Map(
    Object.values(template.findResources('AWS::Logs::MetricFilter')).map((resource) => {
      const filter = filterSchema.parse(resource['Properties']);
      return [filter.MetricTransformations[0].MetricName, filter];
    }),
  );
}

/** The metrics that they make. No dimension and no unit: none is set, and an alarm names none. */
export function metricsOfFilters(template: Template): readonly Omit<EmittedMetric, 'value'>[] {
  return [...filtersIn(template).values()].map(({ MetricTransformations: [{ MetricNamespace, MetricName }] }) => ({
    namespace: MetricNamespace,
    name: MetricName,
    dimensions: {},
    unit: 'none',
  }));
}

/** Whether a JSON filter pattern of CloudWatch Logs takes a line: of its syntax, as much as is used here. A text never equals a number. */
export function takes(pattern: string, line: Readonly<Record<string, unknown>>): boolean {
  const expression = pattern
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll(/\$\.([\w.]+) (=|!=|>|>=|<) /g, (_part, name, sign) => {
      return `fieldOf("${name}") ${sign === '=' ? '===' : sign === '!=' ? '!==' : sign} `;
    });
  const fieldOf = (name: string) =>
    name
      .split('.')
      .reduce<unknown>((value, key) => z.record(z.string(), z.unknown()).catch({}).parse(value)[key], line);
  return z.boolean().parse(runInNewContext(expression, { fieldOf }));
}
