import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import { createAuthorize } from '../../functions/authorizer/authorize.ts';
import { createKeySetCache } from '../../functions/authorizer/key-set.ts';
import { reportKeySets } from '../../functions/authorizer/report-key-sets.ts';
import { createPublishedKeySet } from '../../functions/issuer/published-key-set.ts';
import { IDENTITY_CODES } from '../../functions/shared/codes.ts';
import { createLambdaTelemetry } from '../../functions/shared/lambda-telemetry.ts';
import { authorizerEvent } from '../../local/gateway/gateway-events.ts';
import { createAuthority, type IssuedCertificate } from '../unit/functions/authorizer/issue-certificate.ts';
import { CLAIMS, HEADER, ISSUER, keySetOf, NOW, rsaKey, signRs256 } from '../unit/functions/authorizer/sign-token.ts';
import { NAUGHTY_STRINGS } from './support/naughty-strings.ts';
import { faultsOf, type Heard, listen, makeCanary, toldBy } from './support/redaction.ts';

const KEY = rsaKey('a');
const EVIL = rsaKey('a');
const EDGE = 'spiffe://example.com/edge';
const CONFIG = parseConfig({
  streams: { hits: {} },
  domain: {
    name: 'events.example.com',
    mtls: true,
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    truststore: { bucket: 'truststore', key: 'ca.pem', version: '1' },
    tokenDomain: { name: 'tokens.example.com', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/2' },
  },
  principals: {
    web: {
      claims: { tenant: 'web' },
      certificate: { spiffeId: EDGE },
      allow: [{ write: ['hits'], sources: ['ew/1/*'] }],
    },
    app: { claims: { tenant: 'app' }, require: 'token', allow: [{ write: ['hits'], sources: ['app'] }] },
  },
});

interface Caller {
  readonly authorization?: string;
  readonly pem?: string;
}

/** Everything that a caller brings and that no line may repeat. */
const secrets = new Map<string, string>();
let certificate: IssuedCertificate;
let strange: IssuedCertificate;

beforeAll(async () => {
  const authority = await createAuthority();
  const life = { notBefore: new Date((NOW - 3600) * 1000), notAfter: new Date((NOW + 3600) * 1000) };
  certificate = await authority.issue({ ...life, uris: [EDGE] });
  strange = await authority.issue({ ...life, uris: ['spiffe://example.com/stranger'] });
});

function bearer(token: string): Caller {
  const [header = '', claims = '', signature = ''] = token.split('.');
  secrets.set(`token ${secrets.size}`, token);
  secrets.set(`header of a token ${secrets.size}`, header);
  secrets.set(`claims of a token ${secrets.size}`, claims);
  if (signature.length > 20) secrets.set(`signature ${secrets.size}`, signature);
  return { authorization: `Bearer ${token}` };
}

/** A value that a line may not hold. */
function hidden(name: string): string {
  const canary = makeCanary();
  secrets.set(`${name} ${secrets.size}`, canary);
  return canary;
}

function withCertificate(caller: Caller, { pem }: IssuedCertificate): Caller {
  const body = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  secrets.set('a certificate', body.slice(100, 160));
  return { ...caller, pem };
}

const signed = (claims: object, header: object = {}) =>
  bearer(signRs256({ ...HEADER, ...header }, { ...CLAIMS, tenant: 'web', ...claims }, KEY.privateKey));
const forged = (claims: object) => bearer(signRs256(HEADER, { ...CLAIMS, ...claims }, EVIL.privateKey));

/** Asks the authorizer as it is deployed, but for where its keys come from. */
function ask(callers: readonly Caller[], fetch: typeof globalThis.fetch = async () => Response.json(keySetOf(KEY))) {
  const { audit, telemetry } = createLambdaTelemetry('authorizer');
  const clock = () => NOW * 1_000;
  const keySet = createKeySetCache({ fetch, clock, ...reportKeySets(telemetry) });
  const authorize = createAuthorize({
    config: CONFIG,
    issuers: [ISSUER],
    keySetFor: (_issuer, kid) => keySet('https://issuer.example/keys', kid),
    clock,
    audit,
    telemetry,
  });
  return listen(...callers.map((caller) => () => authorize(eventOf(caller))));
}

function eventOf({ authorization, pem }: Caller) {
  const request = {
    method: 'POST',
    path: '/v1/streams/hits/batches',
    rawQueryString: `token=${hidden('a query string')}`,
    query: {},
    cookies: [`sid=${hidden('a cookie')}`],
    headers: {
      ...(authorization !== undefined && { authorization }),
      'x-secret': hidden('another header'),
      'user-agent': hidden('a user agent'),
    },
    protocol: 'HTTP/1.1',
    sourceIp: '203.0.113.77',
    body: Buffer.alloc(0),
  };
  secrets.set('an IP address', '203.0.113.77');
  const facts = { requestId: 'r1', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 };
  const event = authorizerEvent(request, facts, []);
  const clientCert = {
    clientCertPem: pem ?? '',
    subjectDN: `CN=${hidden('a subject')}`,
    issuerDN: `CN=${hidden('an issuer of certificates')}`,
    serialNumber: '1',
    validity: { notBefore: '', notAfter: '' },
  };
  return pem === undefined
    ? event
    : { ...event, requestContext: { ...event.requestContext, authentication: { clientCert } } };
}

/** A caller for each code, with canaries wherever it may write what it likes. */
function refusedCallers(): readonly Caller[] {
  const unlogged = () => ({
    scope: hidden('a scope'),
    secret: hidden('a claim of its own'),
    nested: { a: [hidden('a deep claim')] },
  });
  // What nobody has signed proves nothing, and is nobody's name.
  const unproven = () => ({
    sub: hidden('an unproven sub'),
    jti: hidden('an unproven jti'),
    client_id: hidden('an unproven client'),
  });
  const app = { tenant: 'app' };
  return [
    {},
    { authorization: `Basic ${hidden('a basic credential')}` },
    bearer(hidden('an opaque token')),
    bearer(`${hidden('a part')}.${hidden('a part')}.${hidden('a part')}`),
    bearer(`${signRs256(HEADER, { ...CLAIMS, ...unlogged() }, KEY.privateKey)}.${hidden('a fourth part')}`),
    bearer('a'.repeat(9_000)),
    signed({ ...unproven(), iss: `https://${hidden('a strange issuer')}.example` }),
    signed({ ...unproven() }, { typ: hidden('a typ') }),
    signed({ ...unproven() }, { kid: hidden('a kid') }),
    signed({ ...unproven() }, { kid: [hidden('a kid in a list')] }),
    signed({ ...unproven() }, { alg: hidden('an alg') }),
    forged({ ...unproven(), ...unlogged() }),
    signed({ ...unlogged(), aud: hidden('a strange audience') }),
    signed({ ...unlogged(), exp: NOW - 3_600, iat: NOW - 7_200 }),
    signed({ ...unlogged(), iat: NOW + 3_600, exp: NOW + 7_200 }),
    signed({ ...unlogged(), exp: hidden('a time that is text') }),
    signed({ ...unlogged(), client_id: [hidden('a client in a list')] }),
    signed({ ...unlogged(), tenant: hidden('a matched claim') }),
    signed({ ...unlogged() }),
    signed({ ...unlogged(), ...app, cnf: { 'x5t#S256': hidden('a thumbprint') } }),
    signed({ ...unlogged(), ...app, cnf: hidden('a confirmation') }),
    withCertificate(signed({ ...unlogged() }), strange),
    withCertificate({}, strange),
    { pem: `-----BEGIN CERTIFICATE-----\n${hidden('a broken certificate')}\n-----END CERTIFICATE-----` },
  ];
}

describe('of what a caller brings, the authorizer’s log holds only what is proven and named in the contract', () => {
  test('where it is refused, for every reason there is', async () => {
    const heard = await ask(refusedCallers());

    expect(faultsOf(heard, secrets)).toEqual([]);
    const told = toldBy(heard);
    expect(IDENTITY_CODES.filter((code) => !told.has(code))).toEqual([]);
  });

  test('where it is let in', async () => {
    const unlogged = { scope: hidden('a scope'), secret: hidden('a claim of its own') };
    const heard = await ask([withCertificate(signed(unlogged), certificate), signed({ ...unlogged, tenant: 'app' })]);

    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(heard.lines.filter((line) => line.includes('"decision":"allow"'))).toHaveLength(2);
  });

  test.each<[string, typeof globalThis.fetch]>([
    ['does not answer', async () => Promise.reject(new TypeError(`fetch failed: ${hidden('words of an error')}`))],
    ['answers something else', async () => new Response(hidden('an answer'), { status: 200 })],
    [
      'answers with keys that it should keep',
      async () => Response.json({ keys: [{ kty: 'oct', k: hidden('a key') }, 7] }),
    ],
    ['refuses', async () => new Response(hidden('a refusal'), { status: 500, statusText: hidden('a reason') })],
  ])('where the issuer’s key set %s', async (_what, fetch) => {
    const heard = await ask([signed({ secret: hidden('a claim') }), forged({ sub: hidden('an unproven sub') })], fetch);

    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(toldBy(heard)).toContain('identity error');
    expect(heard.thrown.length).toBeGreaterThan(0);
  });
});

test.each(Object.entries(NAUGHTY_STRINGS))('a claim of %s stays within its line', async (_kind, text) => {
  const claims = { sub: text, client_id: text, jti: text };
  const heard: Heard = await ask([signed(claims), signed({ ...claims, tenant: 'app' }), forged(claims)]);

  expect(faultsOf(heard, secrets)).toEqual([]);
  expect(heard.lines.filter((line) => line.includes('"audit":"identity"'))).toHaveLength(3);
});

test('no key is in what the issuer throws', async () => {
  const key = hidden('a key');
  const published = createPublishedKeySet({
    keys: { get: async () => ({ active: 'a', roll: undefined }) },
    readPublicKey: async () => Promise.reject(new TypeError('no key', { cause: new Error(key) })),
  });

  const heard = await listen(published);

  expect(heard.thrown).toHaveLength(1);
  expect(faultsOf(heard, secrets)).toEqual([]);
});

describe('a secret that were there', () => {
  test.each<[string, (secret: string) => string]>([
    ['plain', (secret) => secret],
    ['in Base64', (secret) => Buffer.from(`user:${secret}`).toString('base64')],
    ['in base64url', (secret) => Buffer.from(secret).toString('base64url')],
    ['in hex', (secret) => Buffer.from(secret).toString('hex').toUpperCase()],
    ['in a URL', (secret) => new URLSearchParams({ secret: `"${secret}` }).toString()],
    ['escaped twice', (secret) => JSON.stringify(secret)],
  ])('would be found %s', async (_form, write) => {
    const [name, secret] = ['planted', 'Plänted "secret" / of 2026+'];
    const { audit, telemetry } = createLambdaTelemetry('authorizer');

    const heard = await listen(
      async () => telemetry.warn('A planted warning', { detail: write(secret) }),
      async () =>
        audit({
          audit: 'identity',
          time: '',
          requestId: '',
          decision: 'deny',
          policyHash: '',
          identity: { sub: write(secret) },
          latencyMs: 0,
        }),
      async () => Promise.reject(Object.assign(new Error('outer'), { fault: new Error(write(secret)) })),
    );

    expect(faultsOf(heard, new Map([[name, secret]]))).toEqual([
      expect.stringContaining('A planted warning'),
      expect.stringContaining('planted in {"audit":"identity"'),
      expect.stringContaining('planted in what was thrown'),
    ]);
  });

  test('and a line that is none, or too long, would be found', () => {
    const heard = { lines: ['{"a":1}', 'text', '[]', `{"a":"${'a'.repeat(20_000)}"}`], thrown: [] };

    expect(faultsOf(heard, new Map())).toHaveLength(3);
  });
});
