import { describe, expect, test } from '@jest/globals';
import { environmentOf } from './support/environment-of.ts';
import { IN_VAULT } from './support/other-configs.ts';
import { rightsOf } from './support/policy-text.ts';
import { synthesize } from './support/synthesize.ts';

const [primary, other] = synthesize({ config: IN_VAULT });
if (other === undefined) throw new Error('The second region has no stack.');

const READERS = {
  'IngestApi/Ingest': {
    WRITER_SECRET: 'edgehouse/clickhouse/writer',
    INSPECTOR_SECRET: 'edgehouse/clickhouse/inspector',
    SIGNING_MASTER_SECRET: 'edgehouse/signing-master',
    SPOOL_KEY_SECRET: 'edgehouse/spool-key',
  },
  'Spool/Replayer': {
    WRITER_SECRET: 'edgehouse/clickhouse/writer',
    INSPECTOR_SECRET: 'edgehouse/clickhouse/inspector',
    SPOOL_KEY_SECRET: 'edgehouse/spool-key',
  },
} as const;

const ISSUER_KEYS = {
  ISSUER_KEYS_SECRET: '<Issuer/Keys.Id>',
  ISSUER_KEY_A: '<Issuer/KeyA.Arn>',
  ISSUER_KEY_B: '<Issuer/KeyB.Arn>',
};
const SIGNS = [
  'kms:GetPublicKey <Issuer/KeyA.Arn>',
  'kms:GetPublicKey <Issuer/KeyB.Arn>',
  'kms:Sign <Issuer/KeyA.Arn>',
  'kms:Sign <Issuer/KeyB.Arn>',
];
const ROTATION = 'CredentialRotation/Refresh';

describe('where Vault keeps the secrets', () => {
  test('Secrets Manager has none but the note which key signs, and nothing rotates passwords', () => {
    for (const stack of [primary, other]) {
      const rights = stack.ofType('AWS::IAM::Role').flatMap((role) => rightsOf(role, stack));

      const read = rights.filter((right) => right.startsWith('secretsmanager:'));
      const note =
        stack === primary
          ? '<Issuer/Keys.Id>'
          : environmentOf(stack.at('Spool/Replayer/Function'), stack)['ISSUER_KEYS_SECRET'];
      expect(new Set(read)).toEqual(new Set([`secretsmanager:GetSecretValue ${note}`]));
      const secrets = stack.resources.filter(({ type }) => type.startsWith('AWS::SecretsManager::'));
      expect(secrets.map(({ path }) => path)).toEqual(stack === primary ? ['Issuer/Keys'] : []);
      expect(stack.resources.filter(({ path }) => path.startsWith('PasswordRotation'))).toEqual([]);
      expect(Object.keys(stack.outputs).filter((id) => id.includes('Secret'))).toEqual([]);
    }
  });

  test.each(Object.entries(READERS))('%s is told paths of Vault, and who signs its login', (path, paths) => {
    const given = environmentOf(primary.at(`${path}/Function`), primary);

    expect(given).toMatchObject({
      ...paths,
      ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
      ...ISSUER_KEYS,
    });
    expect(rightsOf(primary.at(`${path}/Role`), primary)).toEqual(expect.arrayContaining([...SIGNS]));
  });

  test('the refresh of tokens reads its two secrets there, and signs as before', () => {
    expect(environmentOf(primary.at(`${ROTATION}/Function`), primary)).toEqual({
      ISSUER_URL: '<Issuer/Api.ApiEndpoint>',
      ...ISSUER_KEYS,
      SIGNING_MASTER_SECRET: 'edgehouse/signing-master',
      EDGEGRID_SECRET: 'edgehouse/akamai-edgegrid',
    });
    const signs = rightsOf(primary.at(`${ROTATION}/Role`), primary).filter((right) => right.startsWith('kms:'));
    expect(signs).toEqual(SIGNS);
  });

  test.each(Object.keys(READERS))('%s of another region signs with the keys of the primary, and no others', (path) => {
    const {
      ISSUER_KEY_A = '',
      ISSUER_KEY_B = '',
      ISSUER_URL = '',
    } = environmentOf(other.at(`${path}/Function`), other);

    const exported = (value: string) => primary.outputs[/^<(\w+) of edgehouse-us-east-1>$/.exec(value)?.[1] ?? ''];
    expect(exported(ISSUER_KEY_A)).toEqual({ 'Fn::GetAtt': [primary.at('Issuer/KeyA').id, 'Arn'] });
    expect(exported(ISSUER_KEY_B)).toEqual({ 'Fn::GetAtt': [primary.at('Issuer/KeyB').id, 'Arn'] });
    expect(exported(ISSUER_URL)).toEqual(primary.outputs['IssuerUrl']);
    const rights = rightsOf(other.at(`${path}/Role`), other);
    expect(rights.filter((right) => /^kms:(GetPublicKey|Sign) /.test(right))).toEqual([
      ...[ISSUER_KEY_A, ISSUER_KEY_B].map((key) => `kms:GetPublicKey ${key}`).sort(),
      ...[ISSUER_KEY_A, ISSUER_KEY_B].map((key) => `kms:Sign ${key}`).sort(),
    ]);
  });

  test('there are no alarms on passwords, which Vault or the operator renews', () => {
    const alarms = primary.ofType('AWS::CloudWatch::Alarm').map(({ path }) => path);

    expect(alarms.filter((path) => path.includes('password'))).toEqual([]);
    expect(alarms.filter((path) => path.includes('stale-secrets'))).toHaveLength(2);
  });
});
