import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { parseConfig } from '../../../../config/parse-config.ts';
import { prepareTokenSource } from '../../../../functions/rotation/open-token-source.ts';
import { generateSigningKey } from '../../../../local/local-token-signer.ts';
import { json } from '../shared/aws-stub.ts';
import { answerAsKms } from '../shared/kms-stub.ts';
import { pointAwsAtStub } from '../shared/point-aws-at-stub.ts';
import { replyJson, startTokenEndpoint } from './token-endpoint-stub.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/b';
const BUILTIN = {
  ISSUER_URL: 'https://issuer.example',
  ISSUER_KEYS_SECRET: 'edgehouse/issuer-keys',
  ISSUER_KEY_A: 'arn:aws:kms:us-east-1:111122223333:key/other',
  ISSUER_KEY_B: KEY_ARN,
};
const OPENID = { url: 'https://login.example.com/', audience: 'api' };
const TOKENS = {
  tokenEndpoint: 'https://login.example.com/oauth/token',
  authentication: 'client_secret_post',
} as const;
const { signal } = new AbortController();

const { stub: aws } = pointAwsAtStub();

function prepare(config: object, environment: Readonly<Record<string, string | undefined>>, secret = '{}') {
  const read: string[] = [];
  const store = {
    read: async (name: string) => {
      read.push(name);
      return secret;
    },
  };
  const parsed = parseConfig({ streams: { hits: {} }, ...config });
  return { read, open: prepareTokenSource(parsed, environment, { secrets: store, pause: async () => undefined }) };
}

describe('who gives the tokens of a deployed stack', () => {
  test('is the built-in issuer by default, with the key in KMS that signs now and its own audience, whoever else is believed', async () => {
    const kms = answerAsKms({ [KEY_ARN]: await generateSigningKey() });
    aws().answer(json({ SecretString: '{"active":"b"}' }), kms, kms);
    const issuers = [OPENID, { kind: 'builtin', audience: 'https://edgehouse.example' }];
    const { open, read } = prepare({ issuers, edge: { tokenLifetimeMinutes: 90 } }, BUILTIN);

    const { token, issuedAt, notBefore, exp } = await (await open(signal)).tokenFor(11);

    expect(decodeJwt(token)).toMatchObject({
      iss: 'https://issuer.example',
      aud: 'https://edgehouse.example',
      sub: 'ew:11',
      client_id: 'ew:11',
      iat: issuedAt,
      nbf: notBefore,
      exp,
    });
    expect([issuedAt - notBefore, exp - issuedAt]).toEqual([60, 5_400]);
    expect(read).toEqual([]);
  });

  test.each(Object.keys(BUILTIN))('is not begun with as the built-in issuer without %s', (missing) => {
    expect(() => prepare({}, { ...BUILTIN, [missing]: undefined })).toThrow(`${missing} is not set`);
  });

  test('is an external issuer where the config says so, with clients that are read by each refresh, and nothing of AWS’s', async () => {
    const endpoint = await startTokenEndpoint(replyJson({ error: 'invalid_client' }, 401));
    const edge = { tokens: { ...TOKENS, tokenEndpoint: endpoint.tokenEndpoint } };
    const secret = JSON.stringify({ 11: { clientId: 'edge', clientSecret: 'a' } });
    const { open, read } = prepare(
      { issuers: [OPENID], edge },
      { EDGE_CLIENTS_SECRET: 'edgehouse/edge-clients' },
      secret,
    );

    for (const _refresh of [1, 2]) {
      const source = await open(signal);
      await expect(source.tokenFor(11)).rejects.toMatchObject({ code: 'TOKEN_REQUEST_REFUSED' });
    }
    await endpoint.close();

    expect(read).toEqual(['edgehouse/edge-clients', 'edgehouse/edge-clients']);
    expect(endpoint.calls.map(({ body }) => body.get('client_id'))).toEqual(['edge', 'edge']);
    expect(aws().requests).toEqual([]);
  });

  test('is not begun with as an external issuer without the name of the clients’ secret', () => {
    expect(() => prepare({ issuers: [OPENID], edge: { tokens: TOKENS } }, BUILTIN)).toThrow(
      'EDGE_CLIENTS_SECRET is not set',
    );
  });
});
