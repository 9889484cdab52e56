import type { Watched } from '../../../cdk/watch/alarm.ts';

/** What an alarm's text names, as the runbook calls it. */
export const WATCHED: Watched = {
  stackName: '$STACK',
  streams: ['STREAM'],
  refreshMinutes: 15,
  networks: ['staging', 'production'],
  rotateDays: 30,
  certificatePrincipals: ['PRINCIPAL'],
  serverCertificates: { 'events.example.com': '$CERTIFICATE' },
  logGroups: {
    authorizer: '$AUTHORIZER_LOG',
    ingest: '$INGEST_LOG',
    replay: '$REPLAY_LOG',
    issuer: '$ISSUER_LOG',
    rotation: '$ROTATION_LOG',
    'password-rotation': '$PASSWORD_ROTATION_LOG',
  },
  accessLog: '$ACCESS_LOG',
  timeouts: { authorizer: 5, ingest: 15, replay: 120, issuer: 10, rotation: 600, 'password-rotation': 300 },
  replayQueueUrl: '$REPLAY_QUEUE',
  deadLetterQueueUrl: '$DEAD_LETTERS',
};
