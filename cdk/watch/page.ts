import { type Alarm, type Explained, idOf, type Watched } from './alarm.ts';

/** The one alarm that wakes somebody. All others inform. */
export interface Page extends Explained {
  /** It fires where all the alarms of one of these are on, by their ids. */
  readonly when: readonly (readonly string[])[];
}

/** What is not done by itself, and what waits for nobody: no answer, nothing stored, or soon no credentials at the edge. */
export function listPage(alarms: readonly Alarm[], { stackName }: Watched): Page {
  const idsOf = (name: string) => alarms.filter((alarm) => alarm.name === name).map(idOf);
  const each = ['availability', 'refresh-heartbeat', 'token-runway'].flatMap(idsOf).map((id) => [id]);
  return {
    name: 'page',
    title: 'Batches are not taken, no stream is stored, or EdgeWorkers are about to have no credentials.',
    // A stream that is quiet by itself wakes nobody.
    when: [...each, idsOf('insert-heartbeat')],
    cause: 'One of availability, refresh-heartbeat and token-runway is on, or the insert-heartbeat of every stream.',
    firstCommand: `aws cloudwatch describe-alarms --alarm-name-prefix ${stackName}- --state-value ALARM --query "MetricAlarms[].[AlarmName,StateReason]" --output table`,
  };
}
