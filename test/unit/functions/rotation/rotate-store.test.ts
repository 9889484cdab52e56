import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RotationStore } from '../../../../functions/rotation/rotate-database-user/rotation-store.ts';
import { createSecretsManagerRotationStore } from '../../../../functions/rotation/rotate-database-user/secrets-manager-rotation-store.ts';
import { type AwsStub, json, jsonError, startAwsStub } from '../shared/aws-stub.ts';

let stub: AwsStub;
let store: RotationStore;

beforeEach(async () => {
  stub = await startAwsStub();
  store = createSecretsManagerRotationStore(new SecretsManagerClient(stub.options));
});
afterEach(() => stub.close());

function asked(at = 0): unknown {
  return JSON.parse(String(stub.requests[at]?.body));
}

describe('a secret under rotation in Secrets Manager', () => {
  test('tells its versions and labels', async () => {
    stub.answer(json({ RotationEnabled: true, VersionIdsToStages: { a: ['AWSCURRENT'], b: ['AWSPENDING'] } }));

    const described = await store.describe('s');

    expect(described.rotationEnabled).toBe(true);
    expect([...described.labels]).toEqual([
      ['a', ['AWSCURRENT']],
      ['b', ['AWSPENDING']],
    ]);
  });

  test('without a schedule is not under rotation', async () => {
    stub.answer(json({ Name: 's' }));

    expect(await store.describe('s')).toEqual({ rotationEnabled: false, labels: new Map() });
  });

  test('gives the value of one version, and none where the version has none', async () => {
    stub.answer(json({ SecretString: 'text' }), jsonError(400, 'ResourceNotFoundException'));

    expect(await store.readVersion('s', 'a')).toBe('text');
    expect(await store.readVersion('s', 'b')).toBeUndefined();
    expect(asked()).toEqual({ SecretId: 's', VersionId: 'a' });
  });

  test('takes a pending value once: a second one for the same version changes nothing', async () => {
    stub.answer(json({}), jsonError(400, 'ResourceExistsException'));

    await store.putPending('s', 'b', 'text');
    await store.putPending('s', 'b', 'other');

    expect(asked()).toEqual({
      SecretId: 's',
      ClientRequestToken: 'b',
      SecretString: 'text',
      VersionStages: ['AWSPENDING'],
    });
  });

  test('moves the label from the version that has it', async () => {
    stub.answer(json({}));

    await store.moveCurrent('s', 'a', 'b');

    expect(asked()).toEqual({
      SecretId: 's',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: 'b',
      RemoveFromVersionId: 'a',
    });
  });

  test.each<[string, (store: RotationStore) => Promise<unknown>]>([
    ['Describing', (it) => it.describe('s')],
    ['Reading', (it) => it.readVersion('s', 'a')],
    ['Writing', (it) => it.putPending('s', 'b', 'the-value')],
    ['Moving AWSCURRENT of', (it) => it.moveCurrent('s', 'a', 'b')],
  ])("%s it fails with AWS's word, and without the value", async (what, call) => {
    stub.answer(jsonError(400, 'AccessDeniedException'));

    const failure = await call(store).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'ROTATION_STORE_FAILED', retryable: true });
    expect(String(failure)).toContain(`${what} secret s failed: AccessDeniedException, status 400.`);
    expect(String(failure)).not.toMatch(/canary|the-value/);
  });
});
