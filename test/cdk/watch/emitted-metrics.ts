import { jest } from '@jest/globals';
import { z } from 'zod';

/** One metric as CloudWatch makes it of a log line. */
export interface EmittedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly value: number;
}

// The part of the embedded metric format that our functions write (CloudWatch user guide, "Embedded metric format specification").
const emfLine = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});

/** Runs code with its real telemetry and reads the metrics from what it writes to standard output. */
export async function captureMetrics(run: () => Promise<void>): Promise<readonly EmittedMetric[]> {
  const lines: string[] = [];
  const written = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    lines.push(...String(chunk).split('\n'));
    return true;
  });
  // Warnings belong to the states that are driven here.
  const warned = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await run();
  } finally {
    written.mockRestore();
    warned.mockRestore();
  }
  return lines.filter((line) => line.includes('"_aws"')).flatMap(readEmf);
}

function readEmf(line: string): readonly EmittedMetric[] {
  const parsed = emfLine.parse(JSON.parse(line));
  return parsed._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        dimensions: Object.fromEntries(names.map((name) => [name, z.string().parse(parsed[name])])),
        value: z.number().parse(parsed[Name]),
      })),
    ),
  );
}

/** Two metrics are one for CloudWatch where these words are the same; an alarm with a unit sees no other unit. */
export function identityOf({ namespace, name, dimensions, unit }: Omit<EmittedMetric, 'value'>): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => a.localeCompare(b));
  return `${namespace} ${name} {${sorted.map(([key, value]) => `${key}=${value}`).join(', ')}} ${unit}`;
}
