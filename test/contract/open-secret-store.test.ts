import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSecretStore } from '../../functions/shared/open-secret-store.ts';
import { createLocalTokenSigner, generateSigningKey } from '../../local/local-token-signer.ts';
import { type AwsStub, json, startAwsStub } from '../unit/functions/shared/aws-stub.ts';
import { answerAsKms } from '../unit/functions/shared/kms-stub.ts';
import { AUDIENCE, ISSUER, ROLE, startVaultStandIn, type VaultStandIn } from './support/vault-stand-in.ts';

const SECRET = { url: 'https://db.example.com:8443', username: 'writer', password: 'canary-password' };
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/';
const ISSUER_KEYS = {
  ISSUER_KEYS_SECRET: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:edgehouse/issuer-keys-AbCdEf',
  ISSUER_KEY_A: `${KEY_ARN}a`,
  ISSUER_KEY_B: `${KEY_ARN}b`,
};
/** Where the SDK looks for them in Lambda. */
const AWS_VARIABLES = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };

let aws: AwsStub;
let vault: VaultStandIn;
let signingKey: string;
let before: NodeJS.ProcessEnv;

beforeEach(async () => {
  before = process.env;
  aws = await startAwsStub();
  process.env = { ...before, ...AWS_VARIABLES, AWS_ENDPOINT_URL: aws.options.endpoint };
  signingKey = await generateSigningKey();
  vault = await startVaultStandIn(createLocalTokenSigner(signingKey), Date.now);
});
afterEach(async () => {
  process.env = before;
  await Promise.all([aws.close(), vault.close()]);
});

describe('the secrets of a deployed function', () => {
  test('come from Secrets Manager where the config says so, and need nothing of Vault’s', async () => {
    aws.answer(json({ Name: 'a', SecretString: 'text' }));
    const store = openSecretStore({ secrets: 'aws' }, 'ingest', { AWS_REGION: 'eu-central-1' });

    expect(await store.read('a')).toBe('text');
    expect(vault.calls).toEqual([]);
  });

  test('come from Vault where the config names it: KMS signs the login, Secrets Manager is not asked', async () => {
    vault.put('a', SECRET);
    const kms = answerAsKms({ [`${KEY_ARN}b`]: signingKey });
    aws.answer(json({ SecretString: '{"active":"b"}' }), kms, kms);
    const store = openSecretStore({ secrets: { vault: vaultConfig() } }, 'ingest', {
      ISSUER_URL: ISSUER,
      ...ISSUER_KEYS,
    });

    expect(JSON.parse(await store.read('a'))).toEqual(SECRET);
    expect(vault.calls.map(({ route }) => route)).toEqual(['POST /v1/auth/ci/jwt/login', 'GET /v1/team/kv/data/a']);
    expect(aws.requests.map(({ headers }) => headers['x-amz-target'])).toEqual([
      'secretsmanager.GetSecretValue',
      'TrentService.GetPublicKey',
      'TrentService.Sign',
    ]);
    // The keys live in one region, wherever the function is, and so does the note which one signs.
    expect(aws.requests[0]?.headers.authorization).toContain('/eu-west-1/secretsmanager/');
    expect(aws.requests[1]?.headers.authorization).toContain('/eu-west-1/kms/');
  });

  test.each(['ISSUER_URL', ...Object.keys(ISSUER_KEYS)])(
    'are not begun with where Vault is chosen and %s is missing',
    (missing) => {
      const environment = { ISSUER_URL: ISSUER, ...ISSUER_KEYS, [missing]: undefined };

      expect(() => openSecretStore({ secrets: { vault: vaultConfig() } }, 'ingest', environment)).toThrow(missing);
    },
  );
});

function vaultConfig() {
  const { address } = vault;
  return { address, mount: 'team/kv', role: ROLE, authMount: 'ci/jwt', audience: AUDIENCE, namespace: 'edge' };
}
