import { z } from 'zod';
import type { Synthesized } from './synthesize.ts';

const referenceSchema = z.strictObject({ Ref: z.string() });
const attributeSchema = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const joinSchema = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const selectSchema = z.strictObject({ 'Fn::Select': z.tuple([z.number(), z.unknown()]) });
const splitSchema = z.strictObject({ 'Fn::Split': z.tuple([z.string(), z.unknown()]) });
const outputSchema = z.strictObject({
  'Fn::GetStackOutput': z.object({ StackName: z.string(), OutputName: z.string() }),
});

/** A template's value in words: `<Spool/Store/Bucket.Arn>/spool/*`. A resource is named by its construct's path. */
export function valueText(value: unknown, stack: Synthesized): string {
  const nested = (part: unknown) => valueText(part, stack);
  const path = (id: string) => stack.resources.find((resource) => resource.id === id)?.path ?? id;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const reference = referenceSchema.safeParse(value);
  if (reference.success) return `<${path(reference.data.Ref)}>`;
  const attribute = attributeSchema.safeParse(value);
  if (attribute.success) return `<${path(attribute.data['Fn::GetAtt'][0])}.${attribute.data['Fn::GetAtt'][1]}>`;
  const join = joinSchema.safeParse(value);
  if (join.success) return join.data['Fn::Join'][1].map(nested).join(join.data['Fn::Join'][0]);
  const select = selectSchema.safeParse(value);
  if (select.success) return `part ${select.data['Fn::Select'][0]} of ${nested(select.data['Fn::Select'][1])}`;
  const split = splitSchema.safeParse(value);
  if (split.success) return `${nested(split.data['Fn::Split'][1])} split at ${split.data['Fn::Split'][0]}`;
  const { StackName, OutputName } = outputSchema.parse(value)['Fn::GetStackOutput'];
  return `<${OutputName} of ${StackName}>`;
}
