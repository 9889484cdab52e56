import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { config } from '#config';
import { parseClickHouseCredential } from '../../functions/ingest/clickhouse-credential.ts';
import { createBuiltinTokenSource } from '../../functions/rotation/builtin-token-source.ts';
import { createEdgegridEdgeKv } from '../../functions/rotation/edgegrid-edge-kv.ts';
import { observeRefresh } from '../../functions/rotation/observe-refresh.ts';
import { refreshEdgeTokens } from '../../functions/rotation/refresh-edge-token.ts';
import { createClickHouseUserDatabase } from '../../functions/rotation/rotate-database-user/clickhouse-user-database.ts';
import { observeRotation } from '../../functions/rotation/rotate-database-user/observe-rotation.ts';
import { rotateDatabaseUser } from '../../functions/rotation/rotate-database-user/rotate-database-user.ts';
import type { RotationStep } from '../../functions/rotation/rotate-database-user/rotation-event.ts';
import { createSecretsManagerRotationStore } from '../../functions/rotation/rotate-database-user/secrets-manager-rotation-store.ts';
import { rightsOf } from '../../functions/rotation/rotate-database-user/user-rights.ts';
import type { TokenSource } from '../../functions/rotation/token-source.ts';
import { createKmsTokenSigner } from '../../functions/shared/kms-token-signer.ts';
import { createLambdaTelemetry } from '../../functions/shared/lambda-telemetry.ts';
import { reportStale } from '../../functions/shared/report-stale.ts';
import { cachedSecret } from '../../functions/shared/secret-cache.ts';
import { parseVersionedKeys } from '../../functions/shared/versioned-keys.ts';
import { generateSigningKey } from '../../local/local-token-signer.ts';
import { type AwsStub, json, type StubAnswer, startAwsStub } from '../unit/functions/shared/aws-stub.ts';
import { answerAsKms } from '../unit/functions/shared/kms-stub.ts';
import { NAUGHTY_STRINGS } from './support/naughty-strings.ts';
import { faultsOf, listen, makeCanary, toldBy } from './support/redaction.ts';

const QUOTED = makeCanary();
const PASSWORD = makeCanary();
const MASTER = Buffer.from(makeCanary()).subarray(0, 32);
const CLIENT_SECRET = makeCanary();
const secrets = new Map<string, string | Uint8Array>([
  ['what a service quotes', QUOTED],
  ['a password', PASSWORD],
  ['the signing master', MASTER],
  ['the secret of the API client', CLIENT_SECRET],
]);
const NOW = Date.parse('2026-11-23T10:00:00Z');
const clock = () => NOW;

let stub: AwsStub;
let signingKey: string;
beforeAll(async () => {
  signingKey = await generateSigningKey();
});
beforeEach(async () => {
  stub = await startAwsStub();
});
afterEach(() => stub.close());

/** An error in AWS's JSON protocol that says what it should not. */
function quoting(status: number, code: string): StubAnswer {
  return { ...json({ __type: code, message: `${QUOTED}\n${PASSWORD}` }), status };
}

describe('of a refresh of the edge tokens, no log or error holds a token, a key or an item', () => {
  type Fetch = typeof globalThis.fetch;

  /** Refreshes as the deployed function does, towards an EdgeKV and a source of tokens that a test makes. */
  function refresh(akamai: Fetch, tokens?: TokenSource) {
    const { telemetry } = createLambdaTelemetry('rotation');
    return listen(async () => {
      const edgeKv = createEdgegridEdgeKv({
        credential: {
          origin: 'https://akab-a1.luna.akamaiapis.net',
          clientToken: 'client',
          clientSecret: CLIENT_SECRET,
          accessToken: 'access',
        },
        fetch: async (url, init) => {
          if (typeof init?.body === 'string') rememberItem(init.body);
          rememberSignature(new Headers(init?.headers).get('authorization'));
          return akamai(url, init);
        },
        clock,
        random: () => 0,
        newNonce: () => 'nonce',
        pause: async () => undefined,
        signal: new AbortController().signal,
      });
      const refreshed = async () => {
        const source = tokens ?? (await builtin());
        const edge = { ...config.edge, edgeWorkerIds: [12345, 12346], networks: ['staging' as const] };
        const done = await refreshEdgeTokens({ edge, tokens: source, master: [{ version: 1, key: MASTER }], edgeKv });
        return { ...done, unseen: done.pushed };
      };
      await observeRefresh(refreshed, { clock, telemetry });
    });
  }

  async function builtin(): Promise<TokenSource> {
    stub.answer(...Array.from({ length: 3 }, () => answerAsKms({ key: signingKey })));
    const signer = await createKmsTokenSigner('key', new KMSClient(stub.options));
    return createBuiltinTokenSource({
      issuer: 'https://issuer.example',
      audience: 'api',
      lifetimeSeconds: 3600,
      signer,
      clock,
      newId: () => 'id',
    });
  }

  function rememberItem(text: string): void {
    const { token, key } = JSON.parse(text);
    secrets.set(`an item ${secrets.size}`, text);
    secrets.set(`a token ${secrets.size}`, token);
    secrets.set(`a batch key ${secrets.size}`, key);
  }

  function rememberSignature(authorization: string | null): void {
    const signature = /signature=(.+)$/.exec(authorization ?? '')?.[1];
    if (signature !== undefined) secrets.set(`a signature of EdgeGrid ${secrets.size}`, signature);
  }

  /** The item itself, in what Akamai answers: a service may quote what it was sent. */
  const echo =
    (status: number): Fetch =>
    async (_url, init) => {
      const said = `${QUOTED} ${String(init?.body)}`;
      const problem = { title: said, detail: said, type: said, errorCode: said, requestId: said };
      return new Response(JSON.stringify(problem), { status, headers: { 'x-trace-id': QUOTED.slice(0, 4) } });
    };

  test.each<[string, Fetch]>([
    ['is taken and not shown', async () => new Response('', { status: 200 })],
    ['is refused in words that quote the item', echo(400)],
    ['is refused for its signature', echo(401)],
    ['is refused for now', echo(503)],
    ['is answered with something else', async (_url, init) => new Response(String(init?.body), { status: 418 })],
    ['meets no answer', async (_url, init) => Promise.reject(new TypeError(`failed: ${String(init?.body)} ${QUOTED}`))],
  ])('where the item %s', async (_what, akamai) => {
    const before = secrets.size;
    const heard = await refresh(akamai);

    expect(secrets.size).toBeGreaterThan(before);
    expect(heard.lines.length).toBeGreaterThan(0);
    expect(faultsOf(heard, secrets)).toEqual([]);
  });

  test('where no token is had, for a reason that nobody thought of', async () => {
    const heard = await refresh(async () => new Response(''), {
      tokenFor: async () => Promise.reject(new SyntaxError(`Unexpected token 'e', "${QUOTED}" is not valid JSON`)),
    });

    expect(heard.thrown).toHaveLength(1);
    expect(faultsOf(heard, secrets)).toEqual([]);
  });

  test('where KMS does not sign', async () => {
    const kms = new KMSClient({ ...stub.options, maxAttempts: 1 });
    const heard = await listen(
      async () => {
        stub.answer(quoting(400, 'DisabledException'));
        await createKmsTokenSigner('key', kms);
      },
      async () => {
        stub.answer(answerAsKms({ key: signingKey }), quoting(400, 'KMSInvalidStateException'));
        await (await createKmsTokenSigner('key', kms)).sign(Buffer.from('token'));
      },
    );

    expect(heard.thrown).toHaveLength(2);
    expect(faultsOf(heard, secrets)).toEqual([]);
  });
});

describe('of a rotation of a password, no log or error holds one', () => {
  const secret = 'edgehouse/clickhouse/writer';
  const VALUE = JSON.stringify({ url: 'http://127.0.0.1:1', username: 'edgehouse_writer', password: PASSWORD });

  function rotate(step: RotationStep, ...answers: readonly StubAnswer[]) {
    const manager = new SecretsManagerClient({ ...stub.options, maxAttempts: 1 });
    const { telemetry } = createLambdaTelemetry('rotation');
    const request = { step, secret, token: 'b' };
    const tools = {
      store: createSecretsManagerRotationStore(manager),
      database: createClickHouseUserDatabase(),
      administrator: async () => parseClickHouseCredential(VALUE),
      rights: (user: string) => rightsOf(config, user),
      newPassword: () => PASSWORD,
      clock,
      pause: async () => undefined,
    };
    return listen(() => {
      stub.answer(...answers);
      return observeRotation(request, () => rotateDatabaseUser(request, tools), telemetry);
    });
  }

  const described = json({ RotationEnabled: true, VersionIdsToStages: { a: ['AWSCURRENT'], b: ['AWSPENDING'] } });
  const value = (text: string) => json({ SecretString: text });

  test.each<[string, RotationStep, readonly StubAnswer[]]>([
    ['Secrets Manager refuses', 'createSecret', [quoting(400, 'AccessDeniedException')]],
    ['a value is not to be had', 'createSecret', [described, quoting(500, 'InternalServiceError')]],
    ['a value is none', 'createSecret', [described, value(PASSWORD), value(PASSWORD)]],
    ['a value is of nobody’s user', 'setSecret', [described, value(VALUE.replace('_writer', PASSWORD)), value(VALUE)]],
    [
      'a value cannot be written',
      'createSecret',
      [described, value(VALUE), quoting(400, 'ResourceNotFoundException'), quoting(400, 'X')],
    ],
    ['the database cannot be reached', 'setSecret', [described, value(VALUE), value(VALUE)]],
    ['the database cannot be asked', 'testSecret', [described, value(VALUE), value(VALUE)]],
    ['the label does not move', 'finishSecret', [described, quoting(400, 'InvalidRequestException')]],
  ])('where %s', async (_what, step, answers) => {
    const heard = await rotate(step, ...answers);

    expect(heard.thrown).toHaveLength(1);
    expect([...toldBy(heard)]).toContain('A ClickHouse password could not be rotated');
    expect(faultsOf(heard, secrets)).toEqual([]);
  });
});

describe('of a secret that cannot be read anew', () => {
  test.each(Object.entries(NAUGHTY_STRINGS))('the log holds no text, were it %s', async (_kind, text) => {
    const { telemetry } = createLambdaTelemetry('ingest');
    let now = NOW;
    const texts = [
      JSON.stringify({ version: 1, key: MASTER.toString('base64url') }),
      QUOTED + text,
      `{"version":1,"key":${JSON.stringify(QUOTED + text)}}`,
    ];
    const cached = cachedSecret({ read: async () => texts.shift() ?? '' }, 'a/secret', parseVersionedKeys, () => now, {
      onStale: reportStale(telemetry),
    });

    const heard = await listen(
      ...texts.map(() => async () => {
        await cached.get();
        now += 61_000;
      }),
    );

    expect(heard.lines.filter((line) => line.includes('VERSIONED_KEYS_INVALID'))).toHaveLength(2);
    expect(faultsOf(heard, secrets)).toEqual([]);
  });
});
