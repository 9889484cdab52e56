import { describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/deployed-functions.ts';
import { config } from '../../config/loaded.ts';
import { environmentOf } from './support/environment-of.ts';
import { ENVIRONMENT } from './support/function-environment.ts';
import { synthesize } from './support/synthesize.ts';

const [stack] = synthesize();

/** Each function's construct. */
const FUNCTIONS = {
  authorizer: 'TokenAuthorizer/Verifier/Function',
  ingest: 'IngestApi/Ingest/Function',
  replay: 'Spool/Replayer/Function',
  issuer: 'Issuer/Documents/Function',
  rotation: 'CredentialRotation/Refresh/Function',
  'password-rotation': 'PasswordRotation/Rotate/Function',
} as const satisfies Readonly<Record<FunctionName, string>>;

describe('functions', () => {
  test('are these, with the memory and time that they need', () => {
    const sizes = stack
      .ofType('AWS::Lambda::Function')
      .map(({ path, properties }) => [path, [properties['MemorySize'], properties['Timeout']]]);

    expect(Object.fromEntries(sizes)).toEqual({
      [FUNCTIONS.authorizer]: [256, 5],
      [FUNCTIONS.ingest]: [1024, 15],
      [FUNCTIONS.replay]: [2048, 120],
      [FUNCTIONS.issuer]: [256, 10],
      [FUNCTIONS.rotation]: [256, 900],
      [FUNCTIONS['password-rotation']]: [256, 300],
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

  test.each(FUNCTION_NAMES)('get what they read, no more and no less: %s', (name) => {
    const given = environmentOf(stack.at(FUNCTIONS[name]), stack);

    expect(Object.keys(given).sort()).toEqual([...ENVIRONMENT[name]].sort());
  });

  test('are told where things are, never a secret', () => {
    const given = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, path]) => [name, environmentOf(stack.at(path), stack)]),
    );

    const issuerKeys = {
      ISSUER_KEYS_SECRET: '<Issuer/Keys.Id>',
      ISSUER_KEY_A: '<Issuer/KeyA.Arn>',
      ISSUER_KEY_B: '<Issuer/KeyB.Arn>',
    };
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
        ...issuerKeys,
      },
      rotation: {
        ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
        ...issuerKeys,
        SIGNING_MASTER_SECRET: '<Secrets/SigningMaster.Id>',
        EDGEGRID_SECRET: '<Secrets/EdgeGrid.Id>',
      },
      'password-rotation': { ADMIN_SECRET: '<Accounts/Administrator.Id>' },
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

  test.each([
    [1, 60],
    [10, 600],
    [60, 900],
  ])(
    'are tried for until the next refresh is due, or as long as Lambda lets it: every %d min, %d s',
    (minutes, seconds) => {
      const [other] = synthesize({ config: { ...config, edge: { ...config.edge, refreshMinutes: minutes } } });

      expect(other.at(FUNCTIONS.rotation).properties['Timeout']).toBe(seconds);
    },
  );

  test('can be refreshed every minute', () => {
    const [often] = synthesize({ config: { ...config, edge: { ...config.edge, refreshMinutes: 1 } } });

    expect(often.at('CredentialRotation/Schedule').properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: 60 } },
    });
  });
});
