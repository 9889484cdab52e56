import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SecretStore } from '../../../../functions/shared/secret-store.ts';
import { createSecretsManagerStore } from '../../../../functions/shared/secrets-manager-store.ts';
import { type AwsStub, json, jsonError, startAwsStub } from './aws-stub.ts';

let stub: AwsStub;
let secrets: SecretStore;

beforeEach(async () => {
  stub = await startAwsStub();
  secrets = createSecretsManagerStore(new SecretsManagerClient(stub.options));
});
afterEach(() => stub.close());

describe('a secret in Secrets Manager', () => {
  test('is read by its name, as it is now', async () => {
    stub.answer(json({ Name: 'a', SecretString: 'text' }));
    expect(await secrets.read('edgehouse/a')).toBe('text');
    expect(JSON.parse(String(stub.requests[0]?.body))).toEqual({ SecretId: 'edgehouse/a' });
  });

  test.each([
    ['is not there', jsonError(400, 'ResourceNotFoundException'), 'ResourceNotFoundException, status 400'],
    ['may not be read', jsonError(400, 'AccessDeniedException'), 'AccessDeniedException, status 400'],
    ['is bytes', json({ Name: 'a', SecretBinary: 'Y2FuYXJ5' }), 'it holds bytes instead of text'],
  ])('that %s is an error with its name and the reason', async (_what, answer, reason) => {
    stub.answer(answer);
    const failure = await secrets.read('edgehouse/a').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SECRET_UNAVAILABLE', retryable: true });
    expect(String(failure)).toContain(`Secret edgehouse/a could not be read: ${reason}. Check`);
    expect(String(failure)).not.toContain('canary');
  });

  test('is asked for again when too many ask, and given up after three times', async () => {
    const busy = jsonError(500, 'InternalServiceError');
    stub.answer(busy, busy, json({ Name: 'a', SecretString: 'text' }), busy, busy, busy, busy);
    expect(await secrets.read('a')).toBe('text');
    await expect(secrets.read('a')).rejects.toThrow('InternalServiceError, status 500, 3 attempts');
    expect(stub.requests).toHaveLength(6);
  });
});
