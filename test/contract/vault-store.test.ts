import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeFault } from '../../functions/shared/describe-fault.ts';
import type { VaultStore } from '../../functions/shared/vault-store.ts';
import { closeServer, listen } from '../../local/listen.ts';
import { failureOf, LOGIN, NAME, READ, SECRET, startVaultRig, type VaultRig, WRITE } from './support/vault-rig.ts';
import { envelope } from './support/vault-stand-in.ts';

let rig: VaultRig;
let store: VaultStore;

beforeEach(async () => {
  rig = await startVaultRig();
  store = rig.storeWith({});
});
afterEach(() => rig.vault.close());

/** The request arrives; its answer does not. */
function losing(lost: string): typeof globalThis.fetch {
  return async (url, init) => {
    const response = await globalThis.fetch(url, init);
    if (`${init?.method} ${new URL(String(url)).pathname}` !== lost) return response;
    throw new DOMException('canary', 'TimeoutError');
  };
}

describe('a secret in Vault', () => {
  test('is read after one login with our issuer’s token, as the text of its object', async () => {
    rig.vault.put(NAME, SECRET);

    const texts = [await store.read(NAME), await store.read(NAME)];

    expect(texts.map((text) => JSON.parse(text))).toEqual([SECRET, SECRET]);
    expect(rig.routes()).toEqual([LOGIN, READ, READ]);
    const [login, read] = rig.vault.calls;
    expect(login?.headers).toMatchObject({ 'x-vault-namespace': 'edge', 'x-vault-request': 'true' });
    expect(login?.headers).not.toHaveProperty('x-vault-token');
    expect(read?.headers).toMatchObject({ 'x-vault-namespace': 'edge', 'x-vault-token': 'hvs.canary-token-1' });
  });

  test('is the newest version, with a number that a write can name', async () => {
    rig.vault.put(NAME, { a: 1 });
    rig.vault.put(NAME, { a: 2 });

    expect(await store.readVersion(NAME)).toEqual({ text: '{"a":2}', version: '2' });
  });

  test('that is to be deleted later is still there', async () => {
    rig.vault.put(NAME, SECRET, new Date(rig.clock.now + 1000).toISOString());

    expect(JSON.parse(await store.read(NAME))).toEqual(SECRET);
  });

  test.each(['deleted', 'destroyed'] as const)('that is %s is told from one that never was', async (as) => {
    rig.vault.put(NAME, SECRET);
    rig.vault.put(NAME, SECRET);
    rig.vault.mark(NAME, as);

    const [gone, never] = [await failureOf(store.read(NAME)), await failureOf(store.read('never'))];

    expect(gone).toMatchObject({ code: 'SECRET_DELETED', status: 404, version: 2, retryable: false });
    expect(String(gone)).toContain(`Reading secret ${NAME} at Vault failed: version 2 is ${as}. Undelete`);
    expect(never).toMatchObject({ code: 'SECRET_ABSENT', status: 404, retryable: false });
  });

  test.each([
    'arn:aws:secretsmanager:eu-west-1:1:secret:a',
    '',
    'a//b',
    '../sys/seal',
    'a/..',
    'a.',
    'a?version=1',
    'a b',
  ])('is not asked for under the name "%s"', async (name) => {
    expect(await failureOf(store.read(name))).toMatchObject({ code: 'SECRET_NAME_INVALID', retryable: false });
    expect(await failureOf(store.write(name, '{}', '0'))).toMatchObject({ code: 'SECRET_NAME_INVALID' });
    expect(rig.routes()).toEqual([]);
  });
});

describe('a write', () => {
  test('makes the first version, then the next', async () => {
    await store.write(NAME, '{"a":1}', '0');
    await store.write(NAME, '{"a":{"b":[2]}}', '1');

    expect(rig.vault.data(NAME)).toEqual({ a: { b: [2] } });
    expect(rig.vault.calls[1]).toMatchObject({ route: WRITE, body: '{"options":{"cas":0},"data":{"a":1}}' });
  });

  test('does not replace what somebody else wrote meanwhile', async () => {
    rig.vault.put(NAME, { a: 1 });
    const { version } = await store.readVersion(NAME);
    rig.vault.put(NAME, { a: 'theirs' });

    const failures = [
      await failureOf(store.write(NAME, '{"a":"ours"}', version)),
      await failureOf(store.write(NAME, '{}', '0')),
    ];

    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'CAS_MISMATCH', status: 400, retryable: false });
    expect(String(failures[0])).toContain('read it again and decide anew');
    expect(rig.vault.data(NAME)).toEqual({ a: 'theirs' });
  });

  test.each(['', 'current', '1.5', '-1'])(
    'against the version "%s", which KV never gave, is not sent',
    async (expected) => {
      expect(await failureOf(store.write(NAME, '{}', expected))).toMatchObject({
        code: 'CAS_MISMATCH',
        retryable: false,
      });
      expect(rig.routes()).toEqual([]);
    },
  );

  test('can follow a deleted version, whose number the error has', async () => {
    rig.vault.put(NAME, SECRET);
    rig.vault.mark(NAME, 'deleted');

    await store.write(NAME, '{"a":2}', '1');

    expect(await store.read(NAME)).toBe('{"a":2}');
  });

  test.each(['canary', '"canary"', '["canary"]', 'null', '{"canary":'])(
    'of %s, which is no object, is not sent',
    async (value) => {
      const failure = await failureOf(store.write(NAME, value, '0'));

      expect(failure).toMatchObject({ code: 'SECRET_VALUE_INVALID', retryable: false });
      expect(`${String(failure)}${JSON.stringify(failure)}`).not.toContain('canary');
      expect(rig.routes()).toEqual([]);
    },
  );

  test('whose answer is lost is not repeated: it was taken, and the version tells', async () => {
    const failure = await failureOf(rig.storeWith({ fetch: losing(WRITE) }).write(NAME, '{"a":1}', '0'));

    expect(failure).toMatchObject({ code: 'VAULT_UNREACHABLE', retryable: true });
    expect(rig.routes()).toEqual([LOGIN, WRITE]);
    expect(await store.readVersion(NAME)).toEqual({ text: '{"a":1}', version: '1' });
  });
});

describe('Vault that does not answer as it should', () => {
  beforeEach(() => rig.vault.put(NAME, SECRET));

  test.each([
    ['a role that is not there', { role: 'another' }],
    ['an audience that the role does not have', { audience: 'https://edgehouse.internal/ingest' }],
    ['a subject that the role does not have', { subject: 'ew:12345' }],
  ])('denies a login with %s, and says what to check', async (_what, wrong) => {
    const failure = await failureOf(rig.storeWith(wrong).read(NAME));

    expect(failure).toMatchObject({ code: 'VAULT_DENIED', status: 400, retryable: false });
    expect(String(failure)).toMatch(/The login with role \w+ at Vault failed: status 400\. Check the role's audience/);
  });

  test.each([{ errors: ['Vault is sealed'] }, { errors: [] }])('is sealed: %j', async (body) => {
    await store.read(NAME);
    rig.vault.behaviour.instead.push({ status: 503, body });

    const failure = await failureOf(store.read(NAME));

    expect(failure).toMatchObject({ code: 'VAULT_SEALED', status: 503, retryable: true });
    expect(JSON.parse(await store.read(NAME))).toEqual(SECRET);
  });

  test('is sealed from the start, and works when it is unsealed', async () => {
    rig.vault.behaviour.sealed = true;
    const failure = await failureOf(store.read(NAME));
    rig.vault.behaviour.sealed = false;

    expect(failure).toMatchObject({ code: 'VAULT_SEALED', retryable: true });
    expect(JSON.parse(await store.read(NAME))).toEqual(SECRET);
  });

  test.each([
    [412, true],
    [429, true],
    [500, true],
    [502, true],
    [405, false],
    [400, false],
  ])('answers %i, which can pass by itself: %s', async (status, retryable) => {
    await store.read(NAME);
    rig.vault.behaviour.instead.push({ status, body: { errors: ['canary'] } });

    expect(await failureOf(store.read(NAME))).toMatchObject({ code: 'VAULT_REFUSED', status, retryable });
  });

  test('and points elsewhere, as a standby does, is not followed with the token', async () => {
    await store.read(NAME);
    rig.vault.behaviour.instead.push({ status: 307, headers: { location: `${rig.vault.address}/elsewhere` } });

    const failure = await failureOf(store.read(NAME));

    expect(String(failure)).toContain('status 307, a redirect');
    expect(rig.routes()).not.toContain('GET /elsewhere');
  });

  test.each([
    ['no JSON', { status: 200, body: '<html>canary</html>' }],
    ['an engine of version 1', envelope({ data: { password: 'canary' } })],
    ['a version that is no number', envelope({ data: { data: {}, metadata: { version: 'canary' } } })],
    ['nothing', { status: 200, body: '' }],
    ['more than Vault keeps', envelope({ data: { a: 'x'.repeat(2_100_000) }, metadata: { version: 1 } })],
  ])('but with %s is not believed', async (_what, answer) => {
    await store.read(NAME);
    rig.vault.behaviour.instead.push(answer);

    const failure = await failureOf(store.read(NAME));

    expect(failure).toMatchObject({ code: 'VAULT_ANSWER_MALFORMED', status: 200, retryable: false });
    expect(String(failure)).toContain('a KV engine of version 2');
  });

  test('but wraps its answer says so', async () => {
    await store.read(NAME);
    rig.vault.behaviour.instead.push(envelope({ wrap_info: { token: 'canary', ttl: 60 } }));

    expect(String(await failureOf(store.read(NAME)))).toContain(
      'an answer wrapped in a token, which was not asked for',
    );
  });

  test('because nobody is there, names the reason and the setting', async () => {
    const gone = createServer();
    const address = await listen(gone, 0);
    await closeServer(gone);

    const failure = await failureOf(rig.storeWith({ address }).read(NAME));

    expect(failure).toMatchObject({ code: 'VAULT_UNREACHABLE', retryable: true });
    expect(String(failure)).toContain('no connection (ECONNREFUSED). Check secrets.vault.address');
  });

  test('has no secret, token or word of its own in what may be logged', async () => {
    const words = { errors: ['canary'], data: { data: { password: 'canary' } } };
    await store.read(NAME);
    const failures: unknown[] = [];
    for (const status of [200, 204, 302, 400, 404, 405, 412, 429, 500, 503]) {
      rig.vault.behaviour.instead.push({ status, ...(status === 204 ? {} : { body: words }) });
      failures.push(await failureOf(store.read(NAME)));
      rig.vault.behaviour.instead.push({ status, ...(status === 204 ? {} : { body: words }) });
      failures.push(await failureOf(store.write(NAME, '{"a":"canary"}', '7')));
    }
    failures.push(await failureOf(rig.storeWith({ role: 'another' }).read(NAME)));

    for (const failure of failures) {
      expect(failure).toMatchObject({ name: 'VaultError' });
      const logged = `${String(failure)}${JSON.stringify(describeFault(failure))}${JSON.stringify(failure)}`;
      expect(logged).not.toMatch(/canary|hvs|eyJ/);
    }
  });
});
