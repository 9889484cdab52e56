import { createPrivateKey, randomBytes, randomUUID, sign as signRsa } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../../cli/run-cli.ts';
import { deriveBatchKey } from '../../functions/shared/batch-key.ts';
import { parseVersionedKeys } from '../../functions/shared/versioned-keys.ts';
import { TlsFilesMissingError } from '../../local/read-tls-files.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import {
  EDGE_ID,
  PARTNER_ID,
  STOLEN_SERIAL,
  WITH_CLIENT_CERTIFICATES,
} from '../cdk/support/client-certificates-config.ts';
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
  SERVER_AUTH,
} from '../unit/functions/authorizer/issue-certificate.ts';
import { postClientBatch } from './support/edge-client-batch.ts';
import { type ClientTls, type Draft, draft, type Item, send, sign } from './support/outside-client.ts';
import { queryStack } from './support/query-stack.ts';
import { synthesizeTemplate } from './support/synthesize-template.ts';

// Real TLS, with certificates that are made here: an outside client of node:https alone against the local gateway.

const ROWS = [{ event_time: '2026-11-23T10:00:00.123Z', path: '/certified', status: 200 }];
const HOUR_MS = 3_600_000;

let dataDir: string;
let stack: Stack;
let authority: Authority;
let server: IssuedCertificate;
let property: IssuedCertificate;
let partner: IssuedCertificate;
let ahead = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-certificates-'));
  authority = await createAuthority('CN=Example CA', new Date(Date.now() - HOUR_MS));
  server = await authority.issue({ subject: 'CN=127.0.0.1', ip: ['127.0.0.1'], extendedKeyUsages: [SERVER_AUTH] });
  property = await authority.issue({ uris: [EDGE_ID], subject: 'CN=property' });
  partner = await authority.issue({ uris: [PARTNER_ID], notAfter: new Date(Date.now() + HOUR_MS) });
  const config = WITH_CLIENT_CERTIFICATES;
  stack = await startStack({
    config,
    dataDir,
    say: () => {},
    clock: () => Date.now() + ahead,
    template: () => synthesizeTemplate(config),
    tls: {
      gateway: { certificate: server.pem, privateKey: server.privateKey, truststore: authority.pem },
      property: { certificate: property.pem, privateKey: property.privateKey, authorities: authority.pem },
    },
  });
});

afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const tlsOf = ({ pem, privateKey }: IssuedCertificate): ClientTls => ({
  ca: authority.pem,
  cert: pem,
  key: privateKey,
});
const secretText = (name: string) => readFileSync(join(dataDir, 'secrets', encodeURIComponent(name)), 'utf8');

async function itemOf(edgeWorkerId: number): Promise<Item> {
  const url = stack.ready.edgekvItem.replace(/[^/]+$/, String(edgeWorkerId));
  return (await (await fetch(url)).json()) as Item;
}

async function withToken(edgeWorkerId: number, source: string): Promise<Draft> {
  return draft(await itemOf(edgeWorkerId), source, ROWS);
}

/** A batch of the partner: no Authorization, and a signature with its own key. */
function withoutToken(): Draft {
  const { version, key } = JSON.parse(secretText('edgehouse/principal-keys/partner'));
  const unsigned = draft({ token: '', key, keyId: `p.partner.${version}` }, 'partner/import', ROWS);
  return { ...unsigned, headers: { ...unsigned.headers, authorization: undefined } };
}

/** The EdgeWorker's token, bound to a certificate by the same issuer, and the batch key that belongs to it. */
async function bound(edgeWorkerId: number, source: string, thumbprint: string): Promise<Draft> {
  const { token } = await itemOf(edgeWorkerId);
  const [header = '', payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const part = Buffer.from(JSON.stringify({ ...claims, cnf: { 'x5t#S256': thumbprint } })).toString('base64url');
  const key = createPrivateKey(secretText('edgehouse/issuer-key-a'));
  const rebound = `${header}.${part}.${signRsa('sha256', Buffer.from(`${header}.${part}`), key).toString('base64url')}`;
  const [master] = parseVersionedKeys(secretText('edgehouse/signing-master'));
  const { keyId, key: batchKey } = deriveBatchKey(master, rebound);
  return draft({ token: rebound, keyId, key: Buffer.from(batchKey).toString('base64url') }, source, ROWS);
}

const thumbprintOf = ({ x509 }: IssuedCertificate) =>
  Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

async function post(unsigned: Draft, tls: ClientTls | undefined) {
  const { api, tokenApi = '' } = stack.ready;
  const answer = await send(tls === undefined ? tokenApi : api, sign(unsigned), tls);
  const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
  const audit = lines
    .map((line) => JSON.parse(line))
    .filter(({ requestId }) => requestId === answer.headers['apigw-requestid']);
  return { ...answer, audit };
}

describe('a caller with a certificate', () => {
  test('and nothing else gets its batch stored, under its own name and proof', async () => {
    const batch = withoutToken();

    const { status, text, audit } = await post(batch, tlsOf(partner));

    expect([status, JSON.parse(text)]).toMatchObject([200, { outcome: 'stored', accepted: 1 }]);
    const identity = {
      principal: 'partner',
      auth: 'certificate',
      serial: 'A1B',
      spki: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(audit).toMatchObject([
      { audit: 'identity', decision: 'allow', identity },
      { audit: 'batch', decision: 'allow', identity, source: 'partner/import' },
    ]);
    const id = batch.headers['edge-batch-id'];
    expect(
      await queryStack(
        stack.ready,
        `SELECT path, _principal, _auth, _source FROM edgehouse.web_events WHERE _batch_id = '${id}'`,
      ),
    ).toEqual([['/certified', 'partner', 'certificate', 'partner/import']]);
  });

  test('and the token of the same principal gets its batch stored, also where the token is bound to it', async () => {
    const { source } = stack.ready;

    const free = await post(await withToken(12345, source), tlsOf(property));
    const tied = await post(await bound(12345, source, thumbprintOf(property)), tlsOf(property));

    expect([free.status, tied.status]).toEqual([200, 200]);
    expect(free.audit).toMatchObject([{ identity: { auth: 'both', sub: 'ew:12345', serial: 'A1B' } }, {}]);
  });

  test('is judged anew at every request: nothing is kept for the next caller', async () => {
    const first = await post(withoutToken(), tlsOf(partner));
    const second = await post(withoutToken(), tlsOf(property));

    expect([first.status, second.status]).toEqual([200, 403]);
  });

  test('that needs a token too is let in by a token alone nowhere, and one that does not is at the token domain', async () => {
    const web = await post(await withToken(12345, stack.ready.source), undefined);
    const app = await post(await withToken(12347, 'app'), undefined);

    expect([web.status, web.audit[0].code]).toEqual([403, 'CERTIFICATE_MISSING']);
    expect([app.status, app.audit[0].identity.auth]).toEqual([200, 'token']);
  });

  test('signs with its own key, and with no other', async () => {
    const stranger = { ...withoutToken(), keyId: 'p.app.1' };
    const { key, keyId } = await itemOf(12345);
    const edge = { ...withoutToken(), keyId, key: Buffer.from(key, 'base64url') };

    const answers = [await post(stranger, tlsOf(partner)), await post(edge, tlsOf(partner))];

    expect(answers.map(({ status, text }) => [status, JSON.parse(text).code])).toEqual(
      Array(2).fill([401, 'BATCH_SIGNATURE_INVALID']),
    );
  });
});

describe('edgehouse', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-send-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const path = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const certified = ({ pem, privateKey }: IssuedCertificate) => [
    ...['--certificate', path('c.pem', pem), '--key', path('k.pem', privateKey)],
    ...['--authorities', path('a.pem', authority.pem)],
  ];
  const asPartner = () => [
    ...['--stream', 'web_events', '--source', 'partner/import', '--principal', 'partner'],
    ...['--credentials', path('key.json', secretText('edgehouse/principal-keys/partner')), ...certified(partner)],
  ];
  async function run(args: readonly string[]) {
    const out: string[] = [];
    const status = await runCli(
      args,
      {},
      {
        stdin: (async function* () {})(),
        out: (line) => out.push(line),
        err: (line) => out.push(line),
        fetch,
        now: Date.now,
        random: Math.random,
        randomBytes,
        wait: async () => undefined,
        interrupted: () => new AbortController().signal,
      },
    );
    return { status, out };
  }

  test('sends as a principal that has a certificate and its key, and nothing else', async () => {
    const name = randomUUID();
    const rows = path('rows', JSON.stringify({ ...ROWS[0], event_name: name }));

    const { status, out } = await run(['send', rows, '--api', stack.ready.api, ...asPartner()]);

    expect([status, out]).toEqual([0, [expect.stringContaining('stored: 1 received'), expect.any(String)]]);
    const query = `SELECT _principal FROM edgehouse.web_events WHERE event_name = '${name}'`;
    expect(await queryStack(stack.ready, query)).toEqual([['partner']]);
  });

  test('smoke finds the domain as it should be, for a certificate alone and for one with a token', async () => {
    const item = stack.ready.edgekvItem.replace(/[^/]+$/, '12345');
    const asEdge = ['--stream', 'web_events', '--source', stack.ready.source, '--credentials', item];

    const runs = [
      await run(['smoke', '--url', stack.ready.api, ...asPartner()]),
      await run(['smoke', '--url', stack.ready.api, ...asEdge, ...certified(property)]),
      await run(['smoke', '--url', stack.ready.tokenApi ?? '']),
    ];

    expect(runs.map(({ out }) => out.filter((line) => line.endsWith('MISS')))).toEqual([[], [], []]);
    expect(runs.map(({ out }) => out.findLast((line) => line.startsWith('all')))).toEqual([
      'all 29 as expected',
      'all 30 as expected',
      'all 5 as expected',
    ]);
    expect(runs[0]?.out).toContainEqual(expect.stringMatching(/^no client certificate +no answer +no answer: /));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
  });
});

describe('the connection is refused', () => {
  test.each<[string, () => Promise<ClientTls>]>([
    ['without a certificate', async () => ({ ca: authority.pem })],
    [
      'with a certificate of another CA',
      async () => tlsOf(await (await createAuthority('CN=Example CA')).issue({ uris: [PARTNER_ID] })),
    ],
    [
      'with an expired certificate',
      async () => tlsOf(await authority.issue({ uris: [PARTNER_ID], notAfter: new Date(Date.now() - 1000) })),
    ],
    ['with a certificate for servers', async () => tlsOf(server)],
  ])('%s', async (_what, tls) => {
    const given = await tls();
    const before = readFileSync(stack.auditFile, 'utf8');

    await expect(send(stack.ready.api, sign(withoutToken()), given)).rejects.toMatchObject({
      code: expect.any(String),
    });

    // Nobody was asked who that is.
    expect(readFileSync(stack.auditFile, 'utf8')).toBe(before);
  });
});

describe('the gateway answers 403', () => {
  const issued = async (options: Parameters<Authority['issue']>[0]) => tlsOf(await authority.issue(options));

  test.each<[string, string, () => Promise<[Draft, ClientTls]>]>([
    [
      'to a CA’s certificate',
      'CERTIFICATE_DENIED',
      async () => [withoutToken(), await issued({ uris: [PARTNER_ID], ca: true })],
    ],
    ['to two URIs', 'CERTIFICATE_DENIED', async () => [withoutToken(), await issued({ uris: [PARTNER_ID, EDGE_ID] })]],
    [
      'to a certificate without clientAuth',
      'CERTIFICATE_DENIED',
      async () => [withoutToken(), await issued({ uris: [PARTNER_ID], extendedKeyUsages: [] })],
    ],
    [
      'to a certificate on the deny list',
      'CERTIFICATE_DENIED',
      async () => [withoutToken(), await issued({ uris: [PARTNER_ID], serial: STOLEN_SERIAL.replaceAll(':', '') })],
    ],
    [
      'to a certificate that nobody has',
      'CERTIFICATE_DENIED',
      async () => [withoutToken(), await issued({ uris: [`${PARTNER_ID}/other`] })],
    ],
    [
      'to the certificate of one with the token of another',
      'CERTIFICATE_DENIED',
      async () => [await withToken(12345, stack.ready.source), tlsOf(partner)],
    ],
    [
      'to a token that is bound to another certificate',
      'CERTIFICATE_DENIED',
      async () => [await bound(12345, stack.ready.source, thumbprintOf(partner)), tlsOf(property)],
    ],
    ['to a property’s certificate without a token', 'TOKEN_MISSING', async () => [withoutToken(), tlsOf(property)]],
  ])('%s', async (_what, code, given) => {
    const [unsigned, tls] = await given();

    const { status, text, audit } = await post(unsigned, tls);

    expect([status, text]).toEqual([403, '{"message":"Forbidden"}']);
    expect(audit).toMatchObject([{ audit: 'identity', decision: 'deny', code }]);
    const id = unsigned.headers['edge-batch-id'];
    expect(await queryStack(stack.ready, `SELECT count() FROM edgehouse.web_events WHERE _batch_id = '${id}'`)).toEqual(
      [['0']],
    );
  });

  test('to a certificate that a header holds, at the token domain', async () => {
    const unsigned = withoutToken();
    const pem = partner.pem.replaceAll('\n', ' ');
    Object.assign(unsigned.headers, { 'x-amzn-mtls-clientcert-leaf': pem, 'x-forwarded-client-cert': pem });

    const { status, audit } = await post(unsigned, undefined);

    expect([status, audit[0].code]).toEqual([403, 'TOKEN_MISSING']);
  });

  test('to a certificate that has expired by the authorizer’s clock', async () => {
    ahead = 2 * HOUR_MS;

    const { status, audit } = await post(withoutToken(), tlsOf(partner)).finally(() => {
      ahead = 0;
    });

    expect([status, audit[0].code]).toEqual([403, 'CERTIFICATE_DENIED']);
  });
});

describe('the local stack of such a config', () => {
  test('has EdgeWorkers that come through the property’s certificate', async () => {
    const id = randomUUID();

    const { status } = await postClientBatch(stack.ready, { id, events: [{ ...ROWS[0], event_name: id }] });

    expect(status).toBe(202);
    const rows = `SELECT _principal, _auth FROM edgehouse.web_events WHERE event_name = '${id}'`;
    expect(await queryStack(stack.ready, rows)).toEqual([['web-collector', 'both']]);
  });

  test('does not start without certificates', async () => {
    const starting = startStack({
      config: WITH_CLIENT_CERTIFICATES,
      dataDir: join(dataDir, 'other'),
      say: () => {},
      template: () => synthesizeTemplate(WITH_CLIENT_CERTIFICATES),
    });

    await expect(starting).rejects.toBeInstanceOf(TlsFilesMissingError);
  });
});
