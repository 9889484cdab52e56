import { describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { WITH_EXTERNAL_TOKENS } from './support/other-configs.ts';
import { inRegions, type Synthesized, synthesize } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

const [stack] = synthesize();

describe('the passwords of ClickHouse', () => {
  test('of writer, inspector and every principal that reads are replaced every 30 days, in a window at night', () => {
    const schedules = schedulesOf(stack).map(({ properties }) => properties);

    expect(schedules.map(({ SecretId }) => valueText(SecretId, stack)).sort()).toEqual([
      '<Accounts/Reader-analyst.Id>',
      '<Secrets/Inspector.Id>',
      '<Secrets/Writer.Id>',
    ]);
    for (const { RotationLambdaARN, RotationRules } of schedules) {
      expect(valueText(RotationLambdaARN, stack)).toBe('<PasswordRotation/Rotate/Function.Arn>');
      expect(RotationRules).toEqual({ ScheduleExpression: 'rate(30 days)', Duration: '4h' });
    }
  });

  test('are not replaced by a deploy, which may come before the database', () => {
    const atOnce = schedulesOf(stack).map(({ properties }) => properties['RotateImmediatelyOnUpdate']);

    expect(atOnce).toEqual([false, false, false]);
  });

  test('are scheduled when Secrets Manager may already call the function', () => {
    const permission = stack.at('PasswordRotation/Rotate/Function/SecretsManager');

    for (const { dependsOn } of schedulesOf(stack)) expect(dependsOn).toContain(permission.id);
  });

  test('are replaced as often as the config says', () => {
    const rates = [1, 90].map((rotateDays) => {
      const [other] = synthesize({ config: { ...config, clickhouse: { ...config.clickhouse, rotateDays } } });
      return new Set(schedulesOf(other).map(({ properties }) => JSON.stringify(properties['RotationRules'])));
    });

    expect(rates).toEqual([
      new Set(['{"Duration":"4h","ScheduleExpression":"rate(1 day)"}']),
      new Set(['{"Duration":"4h","ScheduleExpression":"rate(90 days)"}']),
    ]);
  });

  test('are the writer’s and the inspector’s alone where nobody reads', () => {
    const { analyst: _, ...principals } = config.principals;
    const [other] = synthesize({ config: { ...config, principals } });

    expect(schedulesOf(other).map(({ path }) => path)).toEqual([
      'PasswordRotation/Writer',
      'PasswordRotation/Inspector',
    ]);
    expect(other.outputs).not.toHaveProperty('ReaderSecretNames');
  });

  test('are asked for their age twice a day, each of them', () => {
    const { properties } = stack.at('PasswordRotation/AgeSchedule');

    expect(properties).toMatchObject({ ScheduleExpression: 'rate(720 minutes)' });
    expect(valueText(inputOf(properties), stack)).toBe(
      '{"ageOf":["<Secrets/Writer.Id>","<Secrets/Inspector.Id>","<Accounts/Reader-analyst.Id>"]}',
    );
  });

  test('are replaced in the first region only, from which Secrets Manager copies them to the others', () => {
    const [, other] = synthesize({ config: inRegions('us-east-1', 'eu-west-1') });
    if (other === undefined) throw new Error('The second region has no stack.');

    expect(schedulesOf(other)).toEqual([]);
    expect(other.resources.filter(({ path }) => /^(PasswordRotation|Accounts)\//.test(path))).toEqual([]);
  });

  test('are found by the outputs of the stack', () => {
    const { AdminSecretName, ReaderSecretNames, PasswordRotationFunctionName } = stack.outputs;

    expect([AdminSecretName, ReaderSecretNames]).toEqual([
      'edgehouse/clickhouse/admin',
      'edgehouse/clickhouse/reader/analyst',
    ]);
    expect(valueText(PasswordRotationFunctionName, stack)).toBe('<PasswordRotation/Rotate/Function>');
  });
});

describe('the tokens of an external issuer', () => {
  const [external] = synthesize({ config: WITH_EXTERNAL_TOKENS });

  test('are asked for with clients that the operator writes, and nothing of ours signs them', () => {
    const secret = external.at('Secrets/EdgeClients');
    const lambda = external.at('CredentialRotation/Refresh/Function');
    const role = JSON.stringify(external.at('CredentialRotation/Refresh/Role').properties);

    expect(secret.properties['Name']).toBe('edgehouse/edge-clients');
    expect(JSON.stringify(lambda.properties['Environment'])).toContain(
      `"EDGE_CLIENTS_SECRET":{"Fn::GetAtt":["${secret.id}"`,
    );
    expect(JSON.stringify(lambda.properties['Environment'])).not.toMatch(/ISSUER_/);
    expect(role).toContain(secret.id);
    expect(role).not.toContain('kms:');
    expect(external.outputs['EdgeClientsSecretName']).toBe('edgehouse/edge-clients');
  });

  test('need no such secret where our own issuer makes them', () => {
    expect(stack.resources.filter(({ path }) => path === 'Secrets/EdgeClients')).toEqual([]);
    expect(stack.outputs).not.toHaveProperty('EdgeClientsSecretName');
  });
});

function schedulesOf(synthesized: Synthesized) {
  return synthesized.ofType('AWS::SecretsManager::RotationSchedule');
}

function inputOf({ Target }: Readonly<Record<string, unknown>>): unknown {
  return typeof Target === 'object' && Target !== null && 'Input' in Target ? Target.Input : undefined;
}
