import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ClientCredentials } from '../../../../config/edge-tokens-schema.ts';
import {
  type ClientTokenSourceOptions,
  createClientTokenSource,
} from '../../../../functions/rotation/client-token-source.ts';
import { parseEdgeClients } from '../../../../functions/rotation/edge-clients.ts';
import { TokenRequestError } from '../../../../functions/rotation/token-request-error.ts';
import { closeServer, listen } from '../../../../local/listen.ts';
import { clientKeyPair, pemOf } from './client-keys.ts';
import { replyJson, startTokenEndpoint, type TokenEndpointStub, type TokenReply } from './token-endpoint-stub.ts';

const NOW = 1_800_000_000;
const CLAIMS = { iat: NOW, exp: NOW + 3_600 };
const TOKEN = ['{"alg":"RS256"}', JSON.stringify(CLAIMS), 'canary']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const CLIENTS = parseEdgeClients(JSON.stringify({ 11: { clientId: 'edge-11', clientSecret: 'canary-secret' } }));

let endpoint: TokenEndpointStub | undefined;
afterEach(() => endpoint?.close());

type Options = Partial<Omit<ClientTokenSourceOptions, 'endpoint'>> & { readonly endpoint?: Partial<ClientCredentials> };

/** Asks for EdgeWorker 11's token an issuer that gives these replies in turn. */
async function ask(replies: readonly [TokenReply, ...TokenReply[]], { endpoint: changes, ...options }: Options = {}) {
  endpoint = await startTokenEndpoint(...replies);
  const { tokenEndpoint, calls } = endpoint;
  const pauses: number[] = [];
  const outcome = await sourceAt(tokenEndpoint, { ...options, ...(changes && { endpoint: changes }) }, pauses)
    .tokenFor(11)
    .catch((error: unknown) => error);
  return { outcome, calls, pauses };
}

function sourceAt(tokenEndpoint: string, { endpoint: changes, ...options }: Options = {}, pauses: number[] = []) {
  return createClientTokenSource({
    endpoint: { tokenEndpoint, authentication: 'client_secret_basic', ...changes },
    clients: CLIENTS,
    prove: async () => undefined,
    fetch,
    clock: () => NOW * 1000,
    random: () => 0,
    newId: () => 'one',
    pause: async (milliseconds) => void pauses.push(milliseconds),
    signal: new AbortController().signal,
    ...options,
  });
}

const hasty: typeof fetch = (url, init) =>
  fetch(url, { ...init, signal: AbortSignal.any([AbortSignal.timeout(250), ...(init?.signal ? [init.signal] : [])]) });
const issue = replyJson({ access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600 });
const silence: TokenReply = () => undefined;
const reset: TokenReply = (response) => void response.destroy();
/** Loses patience before the ten seconds are over. */
const impatient = { fetch: hasty };

function refuse(status: number, headers: Readonly<Record<string, string>> = {}): TokenReply {
  return replyJson({ error: 'canary', error_description: 'canary' }, status, headers);
}

describe('an EdgeWorker’s token of an external issuer', () => {
  test('is asked for with one form, and comes with its times', async () => {
    const { outcome, calls } = await ask([issue], { endpoint: { scope: 'write', resource: 'https://api.example/' } });

    expect(outcome).toEqual({ token: TOKEN, issuedAt: NOW, notBefore: NOW - 60, exp: NOW + 3_600 });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      method: 'POST',
      path: '/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
        accept: 'application/json',
        authorization: `Basic ${btoa('edge-11:canary-secret')}`,
      },
    });
    expect(Object.fromEntries(calls[0]?.body ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'write',
      resource: 'https://api.example/',
    });
  });

  test.each([
    ['too many requests', refuse(429)],
    ['a failure of theirs', refuse(503)],
    ['a connection that is cut', reset],
    ['silence', silence],
  ])('comes after %s too, by asking again a little later', async (_what, trouble) => {
    const { outcome, calls, pauses } = await ask([trouble, trouble, issue], impatient);

    expect(outcome).toMatchObject({ token: TOKEN });
    expect(calls).toHaveLength(3);
    expect(pauses).toEqual([500, 1000]);
  });

  test('is asked for again after a longer time by chance, so that EdgeWorkers do not come back together', async () => {
    expect((await ask([refuse(500), issue], { random: () => 1 })).pauses).toEqual([1000]);
  });

  test.each([
    ['seconds', '7'],
    ['a date', new Date(NOW * 1000 + 7000).toUTCString()],
  ])('is not asked for again before `Retry-After` says, in %s', async (_form, value) => {
    expect((await ask([refuse(429, { 'retry-after': value }), issue])).pauses).toEqual([7000]);
  });

  test('is left to the schedule where the issuer wants to wait longer than this run can', async () => {
    const { outcome, calls, pauses } = await ask([refuse(503, { 'retry-after': '11' }), issue]);

    expect(outcome).toMatchObject({ code: 'TOKEN_REQUEST_REFUSED', retryable: true, status: 503 });
    expect([calls.length, pauses]).toEqual([1, []]);
  });

  test('is not asked for a fourth time', async () => {
    const { outcome, calls } = await ask([silence], impatient);

    expect(calls).toHaveLength(3);
    expect(outcome).toMatchObject({ code: 'TOKEN_ENDPOINT_SILENT', retryable: true });
    expect(String(outcome)).toContain('no answer in time. Check edge.tokens.tokenEndpoint');
  });

  test('carries a new assertion with each request: an issuer takes none twice', async () => {
    let ids = 0;
    const key = { clientId: 'edge-11', privateKey: pemOf(clientKeyPair('ES256').privateKey) };
    const { outcome, calls } = await ask([refuse(503), issue], {
      endpoint: { authentication: 'private_key_jwt' },
      clients: parseEdgeClients(JSON.stringify({ 11: key })),
      newId: () => `jti-${ids++}`,
    });
    const claims = calls.map(({ body }) => body.get('client_assertion')?.split('.')[1] ?? '');

    expect(outcome).toMatchObject({ token: TOKEN });
    expect(claims.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()).jti)).toEqual(['jti-0', 'jti-1']);
  });

  test.each([400, 401, 403, 404])('is not asked for again after status %i, which will not change', async (status) => {
    const { outcome, calls } = await ask([refuse(status), issue]);

    expect(outcome).toMatchObject({ code: 'TOKEN_REQUEST_REFUSED', retryable: false, status });
    expect(calls).toHaveLength(1);
  });

  test('is not fetched from where an answer points, which would carry the secret there', async () => {
    const elsewhere: TokenReply = (response, origin) =>
      void response.writeHead(307, { location: `${origin}/elsewhere` }).end();
    const { outcome, calls } = await ask([elsewhere, issue]);

    expect(String(outcome)).toContain('status 307, a redirect, which is not followed');
    expect(calls.map(({ path }) => path)).toEqual(['/token']);
  });

  test('is not looked for in an answer without end', async () => {
    let written = 0;
    const flood: TokenReply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const pour = () => {
        while (!response.destroyed && response.write(' '.repeat(16_384))) written += 16_384;
      };
      response.on('drain', pour);
      pour();
    };
    const { outcome, calls } = await ask([flood]);

    expect(outcome).toMatchObject({ code: 'TOKEN_ANSWER_MALFORMED' });
    expect(String(outcome)).toContain('too large');
    expect(calls).toHaveLength(1);
    // What sockets hold besides.
    expect(written).toBeLessThan(16 * 1_048_576);
  });

  test.each([
    [65_536, { token: TOKEN }],
    [65_537, { code: 'TOKEN_ANSWER_MALFORMED' }],
  ])('is read from an answer of %i bytes or not', async (bytes, expected) => {
    const body = JSON.stringify({ access_token: TOKEN, token_type: 'Bearer' }).padEnd(bytes);
    const { outcome } = await ask([
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    ]);

    expect(outcome).toMatchObject(expected);
  });

  test('is not taken from half an answer', async () => {
    const cut: TokenReply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' });
      response.write('{"access_token":"canary', () => response.destroy());
    };
    const { outcome, calls } = await ask([cut, issue]);

    expect(outcome).toMatchObject({ token: TOKEN });
    expect(calls).toHaveLength(2);
  });

  test('is not waited for in an answer that never ends', async () => {
    const stuck: TokenReply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"access_token":"canary');
    };
    expect((await ask([stuck], impatient)).outcome).toMatchObject({ code: 'TOKEN_ENDPOINT_SILENT' });
  });

  test('is not given where ingest would not take it, and not asked for again', async () => {
    const proven: string[] = [];
    const refusal = new TokenRequestError('TOKEN_NOT_TRUSTED', 'a token that ingest would refuse', { status: 200 });
    const { outcome, calls } = await ask([issue], {
      prove: async (token) => {
        proven.push(token);
        throw refusal;
      },
    });

    expect(outcome).toBe(refusal);
    expect([proven, calls.length]).toEqual([[TOKEN], 1]);
  });

  test('that nobody gives says that it is the address', async () => {
    const gone = createServer();
    const origin = await listen(gone, 0);
    await closeServer(gone);

    await expect(sourceAt(`${origin}/token`).tokenFor(11)).rejects.toThrow('no connection (ECONNREFUSED). Check edge');
  });

  test('is not asked for where the EdgeWorker has no client, which says which one', async () => {
    endpoint = await startTokenEndpoint(issue);

    await expect(sourceAt(endpoint.tokenEndpoint).tokenFor(12)).rejects.toThrow('EdgeWorker 12 has no object in it');
    expect(endpoint.calls).toEqual([]);
  });

  test('is not asked for when the function’s time is over', async () => {
    const { outcome, calls } = await ask([issue], { signal: AbortSignal.abort() });

    expect(outcome).toMatchObject({ code: 'TOKEN_ENDPOINT_SILENT' });
    expect(calls).toEqual([]);
  });

  test('is not waited for beyond the function’s time, in a request or between two', async () => {
    const [during, between] = [new AbortController(), new AbortController()];
    const asked = ask([() => during.abort()], { signal: during.signal });

    expect((await asked).outcome).toMatchObject({ code: 'TOKEN_ENDPOINT_SILENT' });
    expect((await asked).calls).toHaveLength(1);
    await endpoint?.close();

    const waited = ask([refuse(503), issue], {
      signal: between.signal,
      // It would never end by itself.
      pause: () => new Promise(() => between.abort()),
    });
    expect((await waited).outcome).toMatchObject({ status: 503 });
    expect((await waited).calls).toHaveLength(1);
  });
});
