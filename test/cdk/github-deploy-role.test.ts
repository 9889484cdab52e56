import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { App, Stack } from 'aws-cdk-lib/core';

const FILE = fileURLToPath(new URL('../../docs/examples/github-deploy-role.yaml', import.meta.url));
const TOKEN = 'token.actions.githubusercontent.com';

/** The template with values for some of its parameters. */
function template(parameters: Readonly<Record<string, string>> = {}): Template {
  const stack = new Stack(new App(), 'DeployRole');
  new CfnInclude(stack, 'Example', { templateFile: FILE, parameters: { ...parameters } });
  return Template.fromStack(stack);
}

const roleOfCdk = (kind: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-hnb659fds-${kind}-role-\${AWS::AccountId}-*`,
});

describe('the role that GitHub deploys with', () => {
  const example = template({ Repository: 'acme@1/events@2', Environment: 'production', Qualifier: 'hnb659fds' });
  const [role] = Object.values(example.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties);

  test('is there with its provider, and nothing else', () => {
    const types = Object.values<{ readonly Type: string }>(example.toJSON()['Resources']).map(({ Type }) => Type);

    expect(types.toSorted()).toEqual(['AWS::IAM::OIDCProvider', 'AWS::IAM::Role']);
  });

  test('is taken on from one environment of one repository alone', () => {
    expect(role['AssumeRolePolicyDocument'].Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: { 'Fn::If': ['MakeProvider', { Ref: 'GitHub' }, { Ref: 'Provider' }] } },
        Condition: {
          StringEquals: {
            [`${TOKEN}:aud`]: 'sts.amazonaws.com',
            [`${TOKEN}:sub`]: { 'Fn::Sub': 'repo:acme@1/events@2:environment:production' },
          },
        },
      },
    ]);
  });

  test('may take on two roles of the bootstrap, and nothing else', () => {
    expect(role['ManagedPolicyArns']).toBeUndefined();
    expect(role['Policies']).toHaveLength(1);
    expect(role['Policies'][0].PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: [roleOfCdk('deploy'), roleOfCdk('file-publishing')] },
    ]);
  });

  test('believes GitHub’s own issuer, for tokens that are meant for AWS', () => {
    example.hasResourceProperties('AWS::IAM::OIDCProvider', {
      Url: `https://${TOKEN}`,
      ClientIdList: ['sts.amazonaws.com'],
    });
  });
});

describe('a parameter of the role', () => {
  const parameters: Readonly<Record<string, { readonly AllowedPattern: string }>> = template().toJSON()['Parameters'];
  const takes = (name: string, value: string) => new RegExp(parameters[name]?.AllowedPattern ?? '').test(value);

  test.each(['acme/events', 'acme@1234/events@5678', 'a-b.c/d_e'])('takes the repository %s', (value) => {
    expect(takes('Repository', value)).toBe(true);
  });

  test.each(['acme/*', '*', 'acme/events:ref:refs/heads/main', 'acme', 'acme/events/more', ''])(
    'takes no repository %s, which could be more than one',
    (value) => {
      expect(takes('Repository', value)).toBe(false);
    },
  );

  test('takes no environment or qualifier with a wildcard', () => {
    expect([takes('Environment', 'production'), takes('Qualifier', 'hnb659fds')]).toEqual([true, true]);
    expect([takes('Environment', '*'), takes('Qualifier', '*')]).toEqual([false, false]);
  });
});
