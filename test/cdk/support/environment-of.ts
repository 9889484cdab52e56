import { z } from 'zod';
import type { Resource, Synthesized } from './synthesize.ts';
import { valueText } from './value-text.ts';

const environmentSchema = z.object({ Variables: z.record(z.string(), z.unknown()) });

/** The environment variables of a function, their values in words. */
export function environmentOf(lambda: Resource, stack: Synthesized): Readonly<Record<string, string>> {
  const { Variables } = environmentSchema.parse(lambda.properties['Environment']);
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, valueText(value, stack)]));
}
