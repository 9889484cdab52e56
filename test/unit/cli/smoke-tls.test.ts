import { createServer, type Server, type ServerOptions } from 'node:https';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { checkTls } from '../../../cli/smoke-tls.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
  SERVER_AUTH,
} from '../functions/authorizer/issue-certificate.ts';

const DAY_MS = 86_400_000;
const AS_EXPECTED = [
  { check: 'TLS', seen: 'TLSv1.3', ok: true },
  { check: 'server certificate', seen: 'trusted, 30 days or more left', ok: true },
  { check: 'TLS 1.1', seen: expect.stringMatching(/^no answer: /), ok: true },
  { check: 'no client certificate', seen: expect.stringMatching(/^no answer: /), ok: true },
];

let authority: Authority;
let client: IssuedCertificate;
let server: Server | undefined;

beforeAll(async () => {
  authority = await createAuthority();
  client = await authority.issue();
});
afterEach(async () => {
  if (server !== undefined) await closeServer(server);
});

const issueServer = (days = 90) => {
  const notAfter = new Date(Date.now() + days * DAY_MS + 60_000);
  return authority.issue({ ip: ['127.0.0.1'], extendedKeyUsages: [SERVER_AUTH], notAfter });
};
const asked = { requestCert: true, rejectUnauthorized: true } as const;

/** Checks a server that asks for a client certificate as API Gateway does, but for what is changed. */
async function check(changes: ServerOptions, { pem, privateKey }: Pick<IssuedCertificate, 'pem' | 'privateKey'>) {
  const options = {
    cert: pem,
    key: privateKey,
    ca: authority.pem,
    minVersion: 'TLSv1.2',
    ...asked,
    ...changes,
  } as const;
  server = createServer(options, (_request, response) => void response.writeHead(404).end());
  const url = await listen(server, 0);
  const results = await checkTls(url, { cert: client.pem, key: client.privateKey, ca: authority.pem }, Date.now());
  return results.map(({ check, seen, ok }) => ({ check, seen, ok }));
}

describe('the checks of TLS', () => {
  test('are fulfilled by a server as API Gateway is one', async () => {
    expect(await check({}, await issueServer())).toEqual(AS_EXPECTED);
  });

  test('see a server that still speaks TLS 1.1', async () => {
    const results = await check({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }, await issueServer());

    expect(results).toContainEqual({ check: 'TLS 1.1', seen: 'accepted over TLSv1.1', ok: false });
  });

  test('see a certificate that ends soon', async () => {
    const results = await check({}, await issueServer(29));

    expect(results[1]).toEqual({ check: 'server certificate', seen: 'trusted, 29 days left', ok: false });
  });

  test.each<[string, () => Promise<IssuedCertificate>]>([
    ['of another name', () => authority.issue({ dns: ['other.example'], extendedKeyUsages: [SERVER_AUTH] })],
    ['of another authority', async () => (await createAuthority('CN=Other')).issue({ ip: ['127.0.0.1'] })],
    ['that has expired', () => issueServer(-1)],
  ])('see a certificate %s, and ask no further', async (_what, issue) => {
    const results = await check({}, await issue());

    expect(results).toEqual([{ check: 'TLS', seen: expect.stringMatching(/^no answer: .+/), ok: false }]);
  });

  test.each([
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const)('see a server that lets everybody in over %s', async (maxVersion, protocol) => {
    const results = await check({ requestCert: false, maxVersion }, await issueServer());

    expect(results[0]).toEqual({ check: 'TLS', seen: protocol, ok: true });
    expect(results[3]).toEqual({ check: 'no client certificate', seen: `accepted over ${protocol}`, ok: false });
  });

  test('see that nobody is there', async () => {
    const results = await checkTls('https://127.0.0.1:1', undefined, Date.now());

    expect(results).toMatchObject([{ check: 'TLS', seen: expect.stringContaining('ECONNREFUSED'), ok: false }]);
  });
});
