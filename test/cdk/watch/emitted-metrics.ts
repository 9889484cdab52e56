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

const logLine = z.record(z.string(), z.unknown());
export type LogLine = Readonly<z.infer<typeof logLine>>;

/** Runs code with its real telemetry and reads the lines that it writes to standard output. */
export async function captureLines(run: () => Promise<void>): Promise<readonly LogLine[]> {
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
  return lines.filter((line) => line.startsWith('{')).map((line) => logLine.parse(JSON.parse(line)));
}

/** The metrics that it emits meanwhile. */
export async function captureMetrics(run: () => Promise<void>): Promise<readonly EmittedMetric[]> {
  return (await captureLines(run)).filter((line) => '_aws' in line).flatMap(readEmf);
}

/** The metrics of a line in the embedded metric format. */
export function readEmf(line: LogLine): readonly EmittedMetric[] {
  const parsed = emfLine.parse(line);
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
