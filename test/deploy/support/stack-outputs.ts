import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const outputsSchema = z.object({
  ApiId: z.string(),
  ApiUrl: z.url(),
  SpoolBucket: z.string(),
  ReplayQueueUrl: z.url(),
  DeadLetterQueueUrl: z.url(),
  IssuerUrl: z.url(),
  IssuerApiId: z.string(),
  WriterSecretName: z.string(),
  InspectorSecretName: z.string(),
  AdminSecretName: z.string(),
  EdgeGridSecretName: z.string(),
  SigningMasterSecretName: z.string(),
  SpoolKeySecretName: z.string(),
  RefreshFunctionName: z.string(),
  PasswordRotationFunctionName: z.string(),
});

/** What the stack tells whoever deployed it. */
export type StackOutputs = z.output<typeof outputsSchema>;

/** Reads the file that `cdk deploy --outputs-file` wrote. @throws ZodError when an output is missing */
export async function readOutputs(file: string, stack: string): Promise<StackOutputs> {
  return outputsSchema.parse(JSON.parse(await readFile(file, 'utf8'))[stack]);
}
