import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** The file of `edge run --property` is not one. */
export class EdgePropertyInvalidError extends Error {
  override readonly name = 'EdgePropertyInvalidError';
  readonly code = 'EDGE_PROPERTY_INVALID';
  constructor(file: string, seen: string, options?: ErrorOptions) {
    super(`${file} is no description of a property: ${seen}. Next: correct it (docs/edge-runtime.md).`, options);
  }
}

const origin = z.url({ protocol: /^https?$/ });

/** What a property does around an EdgeWorker, as far as the local edge knows it. */
const propertySchema = z.strictObject({
  /** Paths that the EdgeWorker serves: exact, or with a final `*`. */
  paths: z.array(z.string()).min(1).default(['/*']),
  /** Whether handlers run for OPTIONS: the variable `PMUSER_EW_ENABLE_OPTIONS`. */
  options: z.boolean().default(false),
  /** Origin of the site behind the edge. */
  site: origin.optional(),
  /** Hostnames that sub-requests reach. */
  hosts: z
    .record(
      z.string(),
      z.strictObject({
        origin,
        allowPost: z.boolean().default(false),
        allowPutAndDelete: z.boolean().default(false),
        allowWithoutContentLength: z.boolean().default(false),
        requestHeaders: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default({}),
  /** Variables, each set to a value or from a header of the request. */
  variables: z
    .record(z.string(), z.union([z.strictObject({ value: z.string() }), z.strictObject({ header: z.string() })]))
    .default({}),
  /** Items by namespace, group and name; of a list each member is written after the other. What is no text is stored as JSON. */
  edgeKv: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.json()))).default({}),
});

export type LocalProperty = z.output<typeof propertySchema>;

/** @param file undefined: nothing but the EdgeWorker on every path @throws EdgePropertyInvalidError */
export async function readProperty(file: string | undefined): Promise<LocalProperty> {
  if (file === undefined) return propertySchema.parse({});
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new EdgePropertyInvalidError(file, 'it cannot be read', { cause });
  });
  const parsed = propertySchema.safeParse(parseJson(file, text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`);
  throw new EdgePropertyInvalidError(file, faults.join('; '));
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgePropertyInvalidError(file, 'it is no JSON', { cause });
  }
}
