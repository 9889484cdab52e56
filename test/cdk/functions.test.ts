import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { environmentOf } from './support/environment-of.ts';
import { synthesize } from './support/synthesize.ts';

const [stack] = synthesize();

/** Each function's folder, and its construct. */
const FUNCTIONS = {
  authorizer: 'TokenAuthorizer/Verifier/Function',
  ingest: 'IngestApi/Ingest/Function',
  replay: 'Spool/Replayer/Function',
  issuer: 'Issuer/Documents/Function',
  rotation: 'CredentialRotation/Refresh/Function',
} as const;

describe('functions', () => {
  test('are these, with the memory and time that they need', () => {
    const sizes = stack
      .ofType('AWS::Lambda::Function')
      .map(({ path, properties }) => [path, [properties['MemorySize'], properties['Timeout']]]);

    expect(Object.fromEntries(sizes)).toEqual({
      [FUNCTIONS.authorizer]: [256, 5],
      [FUNCTIONS.ingest]: [1024, 15],
      [FUNCTIONS.replay]: [1024, 120],
      [FUNCTIONS.issuer]: [256, 10],
      [FUNCTIONS.rotation]: [256, 60],
    });
  });

  test('run on Node 24 on ARM, log JSON into a group of their own, and are not traced', () => {
    for (const { path, properties } of stack.ofType('AWS::Lambda::Function')) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'WARN' },
      });
      expect(properties).not.toHaveProperty('TracingConfig');
      expect(JSON.stringify(properties['LoggingConfig'])).toContain(stack.at(path.replace(/Function$/, 'Log')).id);
    }
  });

  test.each(Object.entries(FUNCTIONS))('get what their handler reads, no more and no less: %s', (name, path) => {
    const source = readFileSync(new URL(`../../functions/${name}/handler.ts`, import.meta.url), 'utf8');
    const read = [...source.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, variable = '']) => variable);

    const given = environmentOf(stack.at(path), stack);

    // Lambda itself sets the region.
    expect(Object.keys(given).sort()).toEqual(
      [...new Set(read)].filter((variable) => variable !== 'AWS_REGION').sort(),
    );
  });

  test('are told where things are, never a secret', () => {
    const given = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, path]) => [name, environmentOf(stack.at(path), stack)]),
    );

    expect(given).toEqual({
      authorizer: {
        ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
        KEY_SET_URL: '<Issuer/Api.ApiEndpoint>/.well-known/jwks.json',
      },
      ingest: {
        WRITER_SECRET: '<Secrets/Writer.Id>',
        INSPECTOR_SECRET: '<Secrets/Inspector.Id>',
        SIGNING_MASTER_SECRET: '<Secrets/SigningMaster.Id>',
        SPOOL_KEY_SECRET: '<Spool/SealingKey.Id>',
        SPOOL_BUCKET: '<Spool/Store/Bucket>',
      },
      replay: {
        WRITER_SECRET: '<Secrets/Writer.Id>',
        INSPECTOR_SECRET: '<Secrets/Inspector.Id>',
        SPOOL_KEY_SECRET: '<Spool/SealingKey.Id>',
        SPOOL_BUCKET: '<Spool/Store/Bucket>',
        REPLAY_QUEUE_URL: '<Spool/Replay/Queue>',
        DEAD_LETTER_QUEUE_URL: '<Spool/Replay/DeadLetters>',
      },
      issuer: {
        ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
        ACTIVE_KEY: '<Issuer/KeyA.Arn>',
        OTHER_KEY: '<Issuer/KeyB.Arn>',
      },
      rotation: {
        ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
        ACTIVE_KEY: '<Issuer/KeyA.Arn>',
        SIGNING_MASTER_SECRET: '<Secrets/SigningMaster.Id>',
        EDGEGRID_SECRET: '<Secrets/EdgeGrid.Id>',
      },
    });
  });
});

describe('the tokens of EdgeWorkers', () => {
  test('are refreshed as often as the config says, and a refresh that fails for good is kept for a person', () => {
    const { properties } = stack.at('CredentialRotation/Schedule');
    const deadLetters = { 'Fn::GetAtt': [stack.at('CredentialRotation/DeadLetters').id, 'Arn'] };

    expect(properties).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [stack.at(FUNCTIONS.rotation).id, 'Arn'] },
        RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 5 },
        DeadLetterConfig: { Arn: deadLetters },
      },
    });
    expect(stack.at(FUNCTIONS.rotation).properties['DeadLetterConfig']).toEqual({ TargetArn: deadLetters });
  });

  test('can be refreshed every minute', () => {
    const [often] = synthesize({ config: { ...config, edge: { ...config.edge, refreshMinutes: 1 } } });

    expect(often.at('CredentialRotation/Schedule').properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: 60 } },
    });
  });
});
