import { describe, expect, test } from '@jest/globals';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { config } from '../../config/loaded.ts';
import { WITH_CLIENT_CERTIFICATES } from './support/client-certificates-config.ts';
import { IN_PRODUCTION, productionOf, THREE_REGIONS } from './support/every-preset.ts';
import { IN_VAULT, WITH_EXTERNAL_TOKENS } from './support/other-configs.ts';
import { inRegions, synthesize } from './support/synthesize.ts';

const addPacks = (app: App) => Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

const CONFIGS = [
  ['Vault keeps the secrets', IN_VAULT],
  ['an external issuer makes the tokens', WITH_EXTERNAL_TOKENS],
  ['callers need client certificates', WITH_CLIENT_CERTIFICATES],
  ['all is as in production', IN_PRODUCTION],
  ['three regions are in production', { ...inRegions(...THREE_REGIONS), production: productionOf({}) }],
] as const;

describe('the rules of cdk-nag (AwsSolutions, Serverless) and of CloudFormation', () => {
  test('find nothing that is not acknowledged beside its construct, in any region', () => {
    const stacks = synthesize({ config: inRegions('us-east-1', 'eu-west-1'), validate: true, prepare: addPacks });

    // Rules that are run on nothing find nothing.
    expect(stacks.map(({ resources }) => resources.length > 40)).toEqual([true, true]);
  });

  test.each(CONFIGS)('find nothing where %s', (_where, config) => {
    expect(synthesize({ config, prepare: addPacks }).map(({ resources }) => resources.length > 40)).not.toContain(
      false,
    );
  });

  test('find a bucket that anybody may reach without TLS', () => {
    const careless = () =>
      synthesize({
        prepare: (app, [stack]) => {
          addPacks(app);
          if (stack !== undefined) new Bucket(stack, 'Careless');
        },
      });

    expect(careless).toThrow('does not require requests to use SSL');
  });

  test.each([['it is tried out', config] as const, ...CONFIGS])(
    'are all acknowledged with a reason that says something, where %s',
    (_where, tried) => {
      const reasons: string[] = [];
      synthesize({
        config: tried,
        prepare: (_app, stacks) => {
          for (const construct of stacks.flatMap((stack) => stack.node.findAll())) {
            for (const { type, data } of construct.node.metadata) {
              if (type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY) reasons.push(JSON.stringify(data));
            }
          }
        },
      });

      expect(reasons.length).toBeGreaterThan(10);
      expect(reasons.filter((reason) => reason.length < 60)).toEqual([]);
    },
  );
});
