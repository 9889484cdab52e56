import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const regionSchema = z.object({
  ApiId: z.string(),
  ApiUrl: z.url(),
  SpoolBucket: z.string(),
  ReplayQueueUrl: z.url(),
  DeadLetterQueueUrl: z.url(),
  AlarmTopicArn: z.string(),
  SpoolKeySecretName: z.string(),
});
const primarySchema = regionSchema.extend({
  IssuerUrl: z.url(),
  IssuerApiId: z.string(),
  WriterSecretName: z.string(),
  InspectorSecretName: z.string(),
  AdminSecretName: z.string(),
  EdgeGridSecretName: z.string(),
  SigningMasterSecretName: z.string(),
  RefreshFunctionName: z.string(),
  PasswordRotationFunctionName: z.string(),
});

/** What every stack tells whoever deployed it. */
export type RegionOutputs = z.output<typeof regionSchema>;
/** What that of the first region tells. */
export type StackOutputs = z.output<typeof primarySchema>;

/** Reads the file that `cdk deploy --outputs-file` wrote. @throws ZodError when an output is missing */
export async function readOutputs(file: string, stack: string): Promise<StackOutputs> {
  return primarySchema.parse(JSON.parse(await readFile(file, 'utf8'))[stack]);
}

/** The same of any region's stack. @throws ZodError when an output is missing */
export async function readRegionOutputs(file: string, stack: string): Promise<RegionOutputs> {
  return regionSchema.parse(JSON.parse(await readFile(file, 'utf8'))[stack]);
}
