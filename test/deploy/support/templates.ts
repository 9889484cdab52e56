import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      DeletionPolicy: z.string().default('Delete'),
      Metadata: z.looseObject({ 'aws:cdk:path': z.string() }).optional(),
    }),
  ),
});

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  /** `Type of construct/path`, for people. */
  readonly label: string;
  /** Whether it stays when the stack goes. */
  readonly kept: boolean;
}

/** The resources of a synthesized template. @param folder what `cdk synth --output` wrote */
export async function readTemplate(folder: string, stack: string): Promise<readonly TemplateResource[]> {
  const { Resources } = templateSchema.parse(
    JSON.parse(await readFile(join(folder, `${stack}.template.json`), 'utf8')),
  );
  return Object.entries(Resources).map(([logicalId, { Type, DeletionPolicy, Metadata }]) => ({
    logicalId,
    type: Type,
    label: `${Type} ${Metadata?.['aws:cdk:path'].replace(`${stack}/`, '').replace(/\/Resource$/, '') ?? logicalId}`,
    kept: DeletionPolicy !== 'Delete',
  }));
}
