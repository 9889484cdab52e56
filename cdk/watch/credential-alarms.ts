import { type Alarm, tailLog, type Watched } from './alarm.ts';

/** Scheduler, mint, EdgeKV and CloudWatch take minutes of their own: time that a refresh may be late without being missed. */
const LEAST_SLACK_MINUTES = 5;
/**
 * Many short periods and not one long one: CloudWatch looks a few periods further back than it evaluates, and as long as a good one lies
 * there, those without data do not count as bad (CloudWatch guide, "Configuring how alarms treat missing data").
 */
const MINUTE_SECONDS = 60;

/** Will EdgeWorkers have credentials? Said only where the stack makes them. */
export function credentialAlarms({ logGroups, refreshMinutes, networks }: Watched): readonly Alarm[] {
  const { rotation } = logGroups;
  if (rotation === undefined || refreshMinutes === undefined) return [];
  const firstCommand = `aws logs tail ${rotation} --since ${Math.max(2, Math.ceil((3 * refreshMinutes) / 60))}h`;
  const slackMinutes = Math.max(LEAST_SLACK_MINUTES, Math.ceil(refreshMinutes / 2));
  return [
    {
      name: 'refresh-heartbeat',
      title: 'A refresh of the edge tokens was missed. Nobody is hurt yet: a token outlives three missed refreshes.',
      signal: {
        kind: 'metric',
        metric: { source: 'own', name: 'TokensRefreshed', service: 'rotation' },
        statistic: 'Sum',
      },
      periodSeconds: MINUTE_SECONDS,
      fires: 'below',
      threshold: 1,
      badPeriods: refreshMinutes + slackMinutes,
      ofPeriods: refreshMinutes + slackMinutes,
      missing: 'bad',
      cause: 'EdgeKV refuses the push (credentials, clock, quota), KMS does not sign, or the schedule is off.',
      firstCommand,
    },
    {
      name: 'token-runway',
      title: 'The tokens at the edge are about to expire: soon every EdgeWorker is refused.',
      signal: {
        kind: 'metric',
        metric: { source: 'own', name: 'TokenSecondsToExpiry', service: 'rotation' },
        statistic: 'Minimum',
      },
      // A token lives for at least four refreshes. After three without a new one, at most the fourth is left.
      periodSeconds: MINUTE_SECONDS,
      fires: 'below',
      threshold: refreshMinutes * 60,
      badPeriods: 3 * refreshMinutes,
      ofPeriods: 3 * refreshMinutes,
      missing: 'bad',
      cause: 'Three refreshes in a row failed (see refresh-heartbeat), or tokens are minted too short-lived.',
      firstCommand,
    },
    ...networks.map((network) => pushesFailed(network, refreshMinutes, rotation)),
  ];
}

/** One a network: a failure on staging alone hurts no visitor. */
function pushesFailed(network: string, refreshMinutes: number, rotation: string): Alarm {
  return {
    name: 'edge-pushes',
    member: network,
    title: `EdgeKV of the network ${network} does not take the tokens, or does not show them.`,
    signal: {
      kind: 'metric',
      metric: { source: 'own', name: 'EdgeKvPushFailed', service: 'rotation', dimensions: { network } },
      statistic: 'Sum',
    },
    // One refresh may find EdgeKV slow; two in a row do not, and a token still outlives the third.
    periodSeconds: refreshMinutes * 60,
    fires: 'above',
    threshold: 0,
    badPeriods: 2,
    ofPeriods: 2,
    missing: 'good',
    cause: 'EdgeKV of this network is slow or away, or the API client may not write there.',
    firstCommand: tailLog(rotation, `${Math.max(2, Math.ceil((3 * refreshMinutes) / 60))}h`, '?EdgeKV ?"edge tokens"'),
  };
}
