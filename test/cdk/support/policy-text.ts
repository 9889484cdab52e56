import { z } from 'zod';
import type { Resource, Synthesized } from './synthesize.ts';
import { valueText } from './value-text.ts';

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: z.unknown().optional(),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
export const policySchema = z.object({ Statement: z.array(statementSchema) });
const roleSchema = z.strictObject({
  AssumeRolePolicyDocument: policySchema,
  Description: z.string(),
  Policies: z.array(z.object({ PolicyDocument: policySchema })),
});

export type Statement = z.output<typeof statementSchema>;

/** One line for each action and resource that a role allows, sorted: `kms:Sign <Issuer/KeyA.Arn>`. */
export function rightsOf(role: Resource, stack: Synthesized): readonly string[] {
  // Strict: a managed policy or a permissions boundary would be a key more.
  const { Policies } = roleSchema.parse(role.properties);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap((statement) => statementLines(statement, stack))
    .sort();
}

/** Who may take the role. */
export function trustOf(role: Resource): readonly Statement[] {
  return roleSchema.parse(role.properties).AssumeRolePolicyDocument.Statement;
}

function statementLines({ Effect, Action, Resource, Condition }: Statement, stack: Synthesized): readonly string[] {
  const resources = Array.isArray(Resource) ? Resource : [Resource];
  const unless = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
  const effect = Effect === 'Allow' ? '' : 'deny ';
  return resources.flatMap((resource) =>
    Action.map((action) => `${effect}${action} ${valueText(resource, stack)}${unless}`),
  );
}
