import { generateKeyPairSync } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPublishedKeySet } from '../../../../functions/issuer/published-key-set.ts';
import { parseIssuerKeys } from '../../../../functions/shared/issuer-keys.ts';
import { readKmsPublicKey } from '../../../../functions/shared/kms-token-signer.ts';
import { cachedSecret, MOST_SECRET_AGE_MS } from '../../../../functions/shared/secret-cache.ts';
import { SecretUnavailableError } from '../../../../functions/shared/secret-store.ts';
import { type AwsStub, jsonError, type StubAnswer, type StubRequest, startAwsStub } from '../shared/aws-stub.ts';
import { answerAsKms } from '../shared/kms-stub.ts';

const kms = answerAsKms({ a: rsaKey(), b: rsaKey() });
const MINUTE = 60_000;

let stub: AwsStub;
let client: KMSClient;

beforeEach(async () => {
  stub = await startAwsStub();
  client = new KMSClient(stub.options);
});
afterEach(() => stub.close());

/** A container of the issuer. `note` undefined: the store answers nobody. */
function issuer(first: string | undefined) {
  const world = { note: first, now: 1_800_000_000_000 };
  const store = {
    read: async (name: string) => {
      if (world.note === undefined) throw new SecretUnavailableError(name);
      return world.note;
    },
  };
  const keys = cachedSecret(store, 'edgehouse/issuer-keys', parseIssuerKeys, () => world.now);
  const keySet = createPublishedKeySet({ keys, readPublicKey: (name) => readKmsPublicKey(name, client) });
  return { world, keySet, kids: async () => (await keySet()).map(({ kid }) => kid) };
}

async function kidOf(name: string): Promise<string> {
  stub.answer(kms);
  return (await readKmsPublicKey(name, client)).kid;
}

describe('the issuer publishes', () => {
  test('the key that signs, in a roll the other one after it, and never asks KMS twice for a key', async () => {
    const [a, b] = [await kidOf('a'), await kidOf('b')];
    const { world, kids } = issuer('{"active":"a"}');
    stub.answer(kms, kms);
    const seen = [await kids()];
    for (const note of [
      '{"active":"a","roll":{"phase":"published","since":1}}',
      '{"active":"b","roll":{"phase":"signing","since":2}}',
      '{"active":"b"}',
    ]) {
      world.note = note;
      world.now += MINUTE;
      seen.push(await kids());
    }

    expect(seen).toEqual([[a], [a, b], [b, a], [b]]);
    expect(stub.requests).toHaveLength(4);
  });

  test('what it read a minute ago at most, without asking the store each time', async () => {
    const { world, kids } = issuer('{"active":"a"}');
    stub.answer(kms, kms);
    const before = await kids();
    world.note = '{"active":"b"}';

    expect(await kids()).toEqual(before);
    world.now += MINUTE;
    expect(await kids()).not.toEqual(before);
  });

  test('what it knows for an hour while the store answers nobody, then nothing at all', async () => {
    const { world, kids } = issuer('{"active":"a"}');
    stub.answer(kms);
    const before = await kids();
    world.note = undefined;
    world.now += MOST_SECRET_AGE_MS - 1;

    expect(await kids()).toEqual(before);
    world.now += 1;
    await expect(kids()).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});

describe('the issuer fails, so that verifiers go on with the keys they have,', () => {
  test.each([
    ['without a note', undefined, 'SECRET_UNAVAILABLE'],
    ['with a note that says nothing', '{}', 'ISSUER_KEYS_INVALID'],
  ])('%s', async (_what, note, code) => {
    await expect(issuer(note).keySet()).rejects.toMatchObject({ code });
  });

  test('where one of two keys cannot be had, and publishes both when it can', async () => {
    const { keySet } = issuer('{"active":"a","roll":{"phase":"published","since":1}}');
    const withoutB = (request: StubRequest): StubAnswer =>
      String(request.body).includes('"b"') ? jsonError(400, 'DisabledException') : kms(request);
    stub.answer(withoutB, withoutB);

    await expect(keySet()).rejects.toThrow('did not give the public half of key b');
    stub.answer(kms);
    expect(await keySet()).toHaveLength(2);
  });
});

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
