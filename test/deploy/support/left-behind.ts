import { z } from 'zod';
import { callAws } from './call-aws.ts';
import type { Emulator } from './emulator.ts';

/** Which call lists what there is of a type. What is not here belongs to one of these and goes with it. */
const LISTED_BY: Readonly<Record<string, readonly [service: string, operation: string]>> = {
  'AWS::ApiGatewayV2::Api': ['apigatewayv2', 'get_apis'],
  'AWS::CloudWatch::Alarm': ['cloudwatch', 'describe_alarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch', 'list_dashboards'],
  'AWS::IAM::Role': ['iam', 'list_roles'],
  'AWS::KMS::Key': ['kms', 'list_keys'],
  'AWS::Lambda::EventSourceMapping': ['lambda', 'list_event_source_mappings'],
  'AWS::Lambda::Function': ['lambda', 'list_functions'],
  'AWS::Logs::LogGroup': ['logs', 'describe_log_groups'],
  'AWS::S3::Bucket': ['s3', 'list_buckets'],
  'AWS::SNS::Topic': ['sns', 'list_topics'],
  'AWS::SQS::Queue': ['sqs', 'list_queues'],
  'AWS::Scheduler::Schedule': ['scheduler', 'list_schedules'],
  'AWS::SecretsManager::Secret': ['secretsmanager', 'list_secrets'],
};

const resourcesSchema = z.object({
  StackResourceSummaries: z.array(
    z.object({ LogicalResourceId: z.string(), PhysicalResourceId: z.string(), ResourceType: z.string() }),
  ),
});
const keySchema = z.object({ KeyMetadata: z.object({ KeyState: z.string() }) });

export interface DeployedResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
}

/** What CloudFormation made of a stack. */
export async function deployedResources(emulator: Emulator, stack: string): Promise<readonly DeployedResource[]> {
  const answer = await callAws(emulator, 'cloudformation', 'list_stack_resources', { StackName: stack });
  return resourcesSchema
    .parse(answer)
    .StackResourceSummaries.map(({ LogicalResourceId, PhysicalResourceId, ResourceType }) => ({
      logicalId: LogicalResourceId,
      physicalId: PhysicalResourceId,
      type: ResourceType,
    }));
}

/** Those that can be looked for: see {@link leftBehind}. */
export function isListed({ type }: Pick<DeployedResource, 'type'>): boolean {
  return Object.hasOwn(LISTED_BY, type);
}

/** Which of these are still there, whatever CloudFormation says. A key that is about to be deleted is not. */
export async function leftBehind(
  emulator: Emulator,
  resources: readonly DeployedResource[],
): Promise<readonly DeployedResource[]> {
  const left: DeployedResource[] = [];
  const answers = new Map<string, string>();
  for (const resource of resources) {
    const { type, physicalId } = resource;
    const call = LISTED_BY[type];
    if (call === undefined) continue;
    const answer = answers.get(type) ?? JSON.stringify(await callAws(emulator, ...call));
    answers.set(type, answer);
    const isThere = answer.includes(endOfName(physicalId));
    if (isThere && (type !== 'AWS::KMS::Key' || (await isKeyInForce(emulator, physicalId)))) left.push(resource);
  }
  return left;
}

/** A whole name, wherever the service puts it. A queue's is the end of its URL, whose host differs between calls. */
function endOfName(id: string): string {
  return id.startsWith('https:') ? `${id.slice(id.lastIndexOf('/'))}"` : JSON.stringify(id);
}

async function isKeyInForce(emulator: Emulator, id: string): Promise<boolean> {
  const { KeyMetadata } = keySchema.parse(await callAws(emulator, 'kms', 'describe_key', { KeyId: id }));
  return KeyMetadata.KeyState === 'Enabled';
}
