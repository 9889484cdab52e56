import { describe, expect, test } from '@jest/globals';
import { environmentOf } from './support/environment-of.ts';
import { rightsOf } from './support/policy-text.ts';
import { inRegions, synthesize } from './support/synthesize.ts';

const [primary, other, third] = synthesize({ config: inRegions('us-east-1', 'eu-west-1', 'ap-southeast-2') });
if (other === undefined || third === undefined) throw new Error('A region has no stack.');

describe('a region besides the first', () => {
  test('has a stack of its own, as every region of the config', () => {
    expect([primary, other, third].map(({ name }) => name)).toEqual([
      'edgehouse-us-east-1',
      'edgehouse-eu-west-1',
      'edgehouse-ap-southeast-2',
    ]);
  });

  test('takes and keeps batches, but issues no token and rotates nothing', () => {
    const folders = (stack: typeof primary) => new Set(stack.resources.map(({ path }) => path.split('/')[0]));

    expect(folders(primary)).toEqual(
      new Set([
        'Secrets',
        'Accounts',
        'Issuer',
        'CredentialRotation',
        'PasswordRotation',
        'Spool',
        'TokenAuthorizer',
        'IngestApi',
        'Watch',
      ]),
    );
    expect(folders(other)).toEqual(new Set(['Spool', 'TokenAuthorizer', 'IngestApi', 'Watch']));
  });

  test('believes the issuer of the first', () => {
    const { ISSUER_URL = '', KEY_SET_URL } = environmentOf(other.at('TokenAuthorizer/Verifier/Function'), other);

    const [, output = ''] = /^<(\w+) of edgehouse-us-east-1>$/.exec(ISSUER_URL) ?? [];
    expect(primary.outputs[output]).toEqual(primary.outputs['IssuerUrl']);
    expect(KEY_SET_URL).toBe(`${ISSUER_URL}/.well-known/jwks.json`);
  });

  test('reads its replicas of the shared secrets and its own spool key, nothing of another region', () => {
    const rights = rightsOf(other.at('IngestApi/Ingest/Role'), other);

    const secrets = rights.filter((right) => right.startsWith('secretsmanager:'));
    expect(secrets).toHaveLength(4);
    expect(secrets).toContain('secretsmanager:GetSecretValue <Spool/SealingKey.Id>');
    const replica =
      /^secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:<AWS::AccountId>:secret:part 6 of <\w+ of edgehouse-us-east-1> split at :$/;
    expect(secrets.filter((right) => replica.test(right))).toHaveLength(3);
    const { WRITER_SECRET } = environmentOf(other.at('IngestApi/Ingest/Function'), other);
    expect(secrets).toContain(`secretsmanager:GetSecretValue ${WRITER_SECRET}`);
  });
});
