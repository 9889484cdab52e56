import { z } from 'zod';
import { configSchema } from '../../../config/schema.ts';

/** Every key that a user can write into `edgehouse.config.ts`: `streams.*.limits.rows`, `principals.*.allow[].trust`. */
export function configKeys(): readonly string[] {
  return [...new Set(keysOf(configSchema, ''))];
}

function keysOf(schema: z.core.$ZodType, path: string): readonly string[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, value]) => keysOf(value, path === '' ? key : `${path}.${key}`));
  }
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType, `${path}.*`);
  if (schema instanceof z.ZodArray) return keysOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysOf(option, path));
  if (schema instanceof z.ZodPipe) return keysOf(schema.in, path);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysOf(schema.unwrap(), path);
  }
  return [path];
}
