import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { json, jsonError, type StubRequest } from '../shared/aws-stub.ts';
import { answerAsKms } from '../shared/kms-stub.ts';
import { pointAwsAtStub } from '../shared/point-aws-at-stub.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/';
const ENVIRONMENT = { ISSUER_KEYS_SECRET: 'note', ISSUER_KEY_A: `${ARN}a`, ISSUER_KEY_B: `${ARN}b` };
const kms = answerAsKms({ [`${ARN}a`]: rsaKey(), [`${ARN}b`]: rsaKey() });

const { stub: aws } = pointAwsAtStub();

describe('the deployed issuer', () => {
  test('answers both documents: the key set as it is written, and 500 rather than a part of it', async () => {
    Object.assign(process.env, { ...ENVIRONMENT, ISSUER_URL: 'https://issuer.example', AWS_REGION: 'eu-west-1' });
    const { handler } = await import('../../../../functions/issuer/handler.ts');
    const get = async (path: string) => {
      const { statusCode, body } = await handler({ ...EVENT, rawPath: path });
      return { statusCode, ...JSON.parse(body ?? '') };
    };
    const both = '{"active":"b","roll":{"phase":"published","since":1}}';

    expect(await get('/.well-known/openid-configuration')).toMatchObject({ issuer: 'https://issuer.example' });
    aws().answer(jsonError(400, 'AccessDeniedException'));
    await expect(get('/.well-known/jwks.json')).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    const onlyB = (request: StubRequest) =>
      String(request.body).includes(`${ARN}b`) ? kms(request) : jsonError(400, 'DisabledException');
    aws().answer(json({ SecretString: both }), onlyB, onlyB);
    await expect(get('/.well-known/jwks.json')).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE' });
    aws().answer(kms);
    expect(await get('/.well-known/jwks.json')).toMatchObject({
      statusCode: 200,
      keys: [{ use: 'sig' }, { use: 'sig' }],
    });
  });
});

/** As much of an HTTP API's event as its type asks for. */
const EVENT = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  requestContext: {
    accountId: '',
    apiId: '',
    domainName: '',
    domainPrefix: '',
    requestId: '',
    routeKey: '',
    stage: '',
    time: '',
    timeEpoch: 0,
    http: { method: 'GET', path: '', protocol: '', sourceIp: '', userAgent: '' },
  },
};

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
