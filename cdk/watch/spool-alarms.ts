import { type Alarm, type Signal, tailLog, type Watched } from './alarm.ts';

/** What waits, for how long, and what waits for a person? */
export function spoolAlarms({ logGroups: { replay }, replayQueueUrl, deadLetterQueueUrl }: Watched): readonly Alarm[] {
  const waiting = tailLog(replay, '30m', '{ $.audit = "replay" && $.outcome = "waiting" }');
  return [
    {
      name: 'spool-depth',
      title: 'More than 1,000 batches wait in the spool.',
      signal: {
        kind: 'expression',
        // A batch that waits for its next attempt is invisible, not gone.
        expression: 'FILL(visible, 0) + FILL(postponed, 0)',
        metrics: {
          visible: queue('replay', 'ApproximateNumberOfMessagesVisible'),
          postponed: queue('replay', 'ApproximateNumberOfMessagesNotVisible'),
        },
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 1_000,
      badPeriods: 2,
      ofPeriods: 2,
      missing: 'good',
      cause: 'ClickHouse is away or too slow; or the replay function fails or is throttled.',
      firstCommand: `aws sqs get-queue-attributes --queue-url ${replayQueueUrl} --attribute-names All`,
    },
    {
      name: 'spool-age',
      title: 'A batch has been waiting in the spool for more than 15 minutes.',
      signal: { kind: 'metric', ...queue('replay', 'ApproximateAgeOfOldestMessage') },
      periodSeconds: 300,
      fires: 'above',
      threshold: 900,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: 'ClickHouse is away, or the replay function does not run at all.',
      firstCommand: waiting,
    },
    {
      name: 'replays-postponed',
      title: 'For half an hour spooled batches have been tried and put off.',
      // The age above leaves out what was received more than three times: this one goes on saying that batches wait.
      signal: {
        kind: 'total',
        metric: { source: 'own', name: 'ReplaysPostponed', service: 'replay' },
        over: ['stream'],
      },
      periodSeconds: 900,
      fires: 'above',
      threshold: 0,
      badPeriods: 2,
      ofPeriods: 2,
      missing: 'good',
      cause: 'ClickHouse is away or refuses: clickhouseCode in the audit line is its own number.',
      firstCommand: waiting,
    },
    {
      name: 'dead-letters',
      title: 'Batches lie among the dead letters: replaying them cannot help before a person has looked.',
      signal: { kind: 'metric', ...queue('deadLetter', 'ApproximateNumberOfMessagesVisible') },
      periodSeconds: 300,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: 'The reason stands in the message and in the audit line: docs/errors.md, "Dead letters".',
      firstCommand: `aws sqs receive-message --queue-url ${deadLetterQueueUrl} --max-number-of-messages 10 --visibility-timeout 30 --message-attribute-names All`,
    },
    {
      name: 'batches-buried',
      title: 'A batch was put among the dead letters just now.',
      // The alarm above stays on while an old letter lies there; this one tells of each new one.
      signal: {
        kind: 'total',
        metric: { source: 'own', name: 'BatchesBuried', service: 'replay' },
        over: ['code', 'stream'],
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause: 'The policy or the table changed, an object was tampered with, or a batch was stored in part.',
      firstCommand: tailLog(replay, '30m', '{ $.audit = "replay" && $.outcome = "dead" }'),
    },
    {
      name: 'rows-missed',
      title:
        'ClickHouse refused rows that validation had taken: they are in quarantine, though their senders were told otherwise.',
      signal: {
        kind: 'total',
        metric: { source: 'own', name: 'RowsMissedByValidation', service: 'replay' },
        over: ['stream'],
      },
      periodSeconds: 300,
      fires: 'above',
      threshold: 0,
      badPeriods: 1,
      ofPeriods: 1,
      missing: 'good',
      cause:
        'A CONSTRAINT of the table, or a value that this version of ClickHouse takes otherwise than edgehouse knows.',
      firstCommand: tailLog(replay, '30m', '{ $.audit = "replay" && $.rowsMissed > 0 }'),
    },
  ];
}

type QueueMetricName = Extract<Extract<Signal, { kind: 'metric' }>['metric'], { source: 'queue' }>['name'];

function queue(name: 'replay' | 'deadLetter', metric: QueueMetricName) {
  return { metric: { source: 'queue', queue: name, name: metric }, statistic: 'Maximum' } as const;
}
