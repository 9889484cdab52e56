import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openIssuerKeys } from '../../../../functions/shared/open-issuer-keys.ts';
import { json, jsonError, type StubAnswer } from './aws-stub.ts';
import { answerAsKms } from './kms-stub.ts';
import { pointAwsAtStub } from './point-aws-at-stub.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/';
const ENVIRONMENT = { ISSUER_KEYS_SECRET: 'note', ISSUER_KEY_A: `${ARN}a`, ISSUER_KEY_B: `${ARN}b` };
const kms = answerAsKms({ [`${ARN}a`]: rsaKey(), [`${ARN}b`]: rsaKey() });

const { stub: aws } = pointAwsAtStub();

const asked = () => aws().requests.map(({ headers }) => String(headers['x-amz-target']));

describe('a deployed function signs', () => {
  test('with the key that the note names at the moment, and asks for it each time', async () => {
    const keys = openIssuerKeys(ENVIRONMENT);
    aws().answer(kms, kms);
    const [a, b] = [await keys.readPublicKey('a'), await keys.readPublicKey('b')];
    const kids: string[] = [];
    for (const text of ['{"active":"a"}', '{"active":"b","roll":{"phase":"signing","since":1}}']) {
      aws().answer(json({ SecretString: text }), kms);
      kids.push((await keys.signer()).kid);
    }

    expect(kids).toEqual([a.kid, b.kid]);
    expect(asked().slice(2)).toEqual([
      'secretsmanager.GetSecretValue',
      'TrentService.GetPublicKey',
      'secretsmanager.GetSecretValue',
      'TrentService.GetPublicKey',
    ]);
  });

  test('in the region of the keys, wherever it runs', async () => {
    aws().answer(json({ SecretString: '{"active":"a"}' }), kms);
    await openIssuerKeys({ ...ENVIRONMENT, AWS_REGION: 'us-east-1' }).signer();

    for (const { headers } of aws().requests) expect(headers.authorization).toContain('/eu-west-1/');
  });

  test.each([
    ['cannot be read', jsonError(400, 'AccessDeniedException'), 'SECRET_UNAVAILABLE'],
    ['is not written', jsonError(400, 'ResourceNotFoundException'), 'SECRET_UNAVAILABLE'],
    ['names no key', json({ SecretString: '{}' }), 'ISSUER_KEYS_INVALID'],
  ])('nothing where the note %s: no key is tried on the off chance', async (_what, answer: StubAnswer, code) => {
    aws().answer(answer);

    await expect(openIssuerKeys(ENVIRONMENT).signer()).rejects.toMatchObject({ code });
    expect(asked()).toEqual(['secretsmanager.GetSecretValue']);
  });

  test.each(Object.keys(ENVIRONMENT))('nothing where it is not told %s', (missing) => {
    expect(() => openIssuerKeys({ ...ENVIRONMENT, [missing]: '' })).toThrow(missing);
  });
});

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
