import { z } from 'zod';
import { callAws } from './call-aws.ts';
import { STACK } from './deployment.ts';
import type { Emulator } from './emulator.ts';
import { type DeployedResource, deployedResources } from './left-behind.ts';

const eventsSchema = z.object({ events: z.array(z.object({ message: z.string() })) });

/** All that functions wrote to the log groups of the stack. @param which some of them @default all */
export async function readLogs(
  emulator: Emulator,
  which: (group: DeployedResource) => boolean = () => true,
): Promise<string> {
  const resources = await deployedResources(emulator, STACK);
  const groups = resources.filter((resource) => resource.type === 'AWS::Logs::LogGroup' && which(resource));
  const texts = groups.map(async ({ physicalId }) => {
    const answer = await callAws(emulator, 'logs', 'filter_log_events', { logGroupName: physicalId });
    return eventsSchema.parse(answer).events.map(({ message }) => message);
  });
  return (await Promise.all(texts)).flat().join('\n');
}

/** How often the functions whose logical id begins so wrote a word. */
export async function timesLogged(emulator: Emulator, logicalIds: string, word: string): Promise<number> {
  const log = await readLogs(emulator, ({ logicalId }) => logicalId.startsWith(logicalIds));
  return log.split(word).length - 1;
}
