import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CurrentSince,
  parseAgeRequest,
  reportPasswordAge,
} from '../../../../functions/rotation/rotate-database-user/password-age.ts';
import { parseRotationEvent } from '../../../../functions/rotation/rotate-database-user/rotation-event.ts';
import { createSecretsManagerCurrentSince } from '../../../../functions/rotation/rotate-database-user/secrets-manager-current-since.ts';
import { type AwsStub, json, jsonError, startAwsStub } from '../shared/aws-stub.ts';

const NOW = Date.UTC(2026, 10, 23);

async function report(secrets: readonly string[], currentSince: CurrentSince) {
  const counted: unknown[] = [];
  const warned: unknown[] = [];
  const telemetry = {
    count: (metric: string, value: number) => void counted.push([metric, value]),
    warn: (_words: string, fields: object) => void warned.push(fields),
  };
  const failure = await reportPasswordAge(secrets, { currentSince, clock: () => NOW, telemetry }).catch(
    (error: unknown) => error,
  );
  return { counted, warned, failure };
}

describe('the age of the passwords', () => {
  test('is that of the oldest, in seconds; a secret that nobody has written yet has none', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.nat(4e9), { nil: undefined })), async (ages) => {
        const names = ages.map((_age, index) => String(index));

        const { counted } = await report(names, async (secret) => {
          const age = ages[Number(secret)];
          return age === undefined ? undefined : NOW - age;
        });

        const oldest = Math.max(0, ...ages.map((age) => Math.floor((age ?? 0) / 1000)));
        expect(counted).toEqual([['PasswordAge', oldest]]);
      }),
    ));

  test('is not told where one of them is not known: the alarm takes silence for trouble', async () => {
    const { counted, warned, failure } = await report(['a', 'b'], async (secret) => {
      if (secret === 'b') throw new Error('Secrets Manager is away');
      return NOW;
    });

    expect(counted).toEqual([]);
    expect(warned).toMatchObject([{ secret: 'b' }]);
    expect(failure).toBeInstanceOf(Error);
  });
});

describe('a request for the age', () => {
  test('names secrets, and is never a step of a rotation', () => {
    expect(parseAgeRequest({ ageOf: ['a', 'b'] })).toEqual(['a', 'b']);
    expect(() => parseRotationEvent({ ageOf: ['a'] })).toThrow('one of the steps');
  });

  test('is nothing else: whatever comes is read or refused', () => {
    const step = { Step: 'testSecret', SecretId: 'a', ClientRequestToken: 'b' };
    expect([step, undefined, null, 'ageOf', { ageOf: 'a' }, { ageOf: [1] }].map(parseAgeRequest)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
    fc.assert(
      fc.property(fc.anything(), (event) => {
        const secrets = parseAgeRequest(event);
        return secrets === undefined || secrets.every((secret) => typeof secret === 'string');
      }),
    );
  });
});

describe('in Secrets Manager, a password', () => {
  let stub: AwsStub;
  let currentSince: CurrentSince;

  beforeEach(async () => {
    stub = await startAwsStub();
    currentSince = createSecretsManagerCurrentSince(new SecretsManagerClient(stub.options));
  });
  afterEach(() => stub.close());

  test('is as old as the version that is current, not as one that waits', async () => {
    const seconds = NOW / 1000;
    stub.answer(
      json({
        Versions: [
          { VersionId: 'new', VersionStages: ['AWSPENDING'], CreatedDate: seconds },
          { VersionId: 'old', VersionStages: ['AWSCURRENT'], CreatedDate: seconds - 60 },
        ],
      }),
    );

    expect(await currentSince('s')).toBe(NOW - 60_000);
    expect(JSON.parse(String(stub.requests[0]?.body))).toEqual({ SecretId: 's' });
  });

  test('has no age before it is written', async () => {
    stub.answer(json({ ARN: 's' }));

    expect(await currentSince('s')).toBeUndefined();
  });

  test('whose versions cannot be listed is an error that names it, and no more', async () => {
    stub.answer(jsonError(400, 'AccessDeniedException'));

    await expect(currentSince('s')).rejects.toThrow(
      'Listing the versions of secret s failed: AccessDeniedException, status 400.',
    );
  });
});
