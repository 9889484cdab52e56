import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSecretStore } from '../../../../functions/shared/create-secret-store.ts';
import { type AwsStub, json, startAwsStub } from './aws-stub.ts';

const VAULT = { address: 'https://vault.example.com', mount: 'kv', role: 'r', authMount: 'jwt', audience: 'vault' };

let stub: AwsStub;

beforeEach(async () => {
  stub = await startAwsStub();
});
afterEach(() => stub.close());

describe('secrets', () => {
  test('come from Secrets Manager where the config says so, and need nothing of Vault’s', async () => {
    stub.answer(json({ Name: 'a', SecretString: 'text' }));
    const vault = () => {
      throw new TypeError('Vault was not chosen.');
    };
    const store = createSecretStore({ secrets: 'aws' }, { aws: stub.options, vault });

    expect(await store.read('a')).toBe('text');
  });

  test('come from Vault where the config names it, and nothing is asked of AWS', async () => {
    const answers = [
      { auth: { client_token: 'hvs.a', lease_duration: 60, renewable: true } },
      { data: { data: { a: 1 }, metadata: { version: 1 } } },
    ];
    const urls: string[] = [];
    const store = createSecretStore(
      { secrets: { vault: VAULT } },
      {
        aws: stub.options,
        vault: () => ({
          identity: {
            issuer: 'https://issuer.example.com',
            subject: 'edgehouse:ingest',
            signer: async () => ({ kid: 'k', sign: async (bytes) => bytes, publicKeys: async () => [] }),
            newId: () => 'id',
          },
          fetch: async (url) => {
            urls.push(String(url));
            return new Response(JSON.stringify(answers.shift()));
          },
          clock: () => 0,
        }),
      },
    );

    expect(await store.read('a')).toBe('{"a":1}');
    expect(urls).toEqual(['https://vault.example.com/v1/auth/jwt/login', 'https://vault.example.com/v1/kv/data/a']);
    expect(stub.requests).toEqual([]);
  });
});
