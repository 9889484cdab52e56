import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createGateway, type Gateway } from '../../../../local/gateway/gateway.ts';
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
  pem,
  SERVER_AUTH,
} from '../../functions/authorizer/issue-certificate.ts';

let authority: Authority;
let server: IssuedCertificate;
let gateway: Gateway;
let origin: string;
const events: APIGatewayProxyEventV2[] = [];

beforeAll(async () => {
  authority = await createAuthority('C=FR, CN=Example CA');
  server = await authority.issue({ subject: 'CN=127.0.0.1', ip: ['127.0.0.1'], extendedKeyUsages: [SERVER_AUTH] });
  const integration = async (event: APIGatewayProxyEventV2) => {
    events.push(event);
    return 'seen';
  };
  gateway = createGateway({
    routes: [{ method: 'GET', path: '/who', integration }],
    now: Date.now,
    tls: { certificate: server.pem, privateKey: server.privateKey, truststore: authority.pem },
  });
  origin = await gateway.listen(0);
});

afterAll(() => gateway.close());

function ask(certificate: IssuedCertificate | undefined): Promise<number> {
  const own = certificate && { cert: certificate.pem, key: certificate.privateKey };
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}/who`, { agent: false, ca: authority.pem, ...own }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

describe('a gateway that asks for client certificates', () => {
  test('tells the function of the certificate as API Gateway does', async () => {
    const certificate = await authority.issue({
      subject: 'C=FR, O=Example, CN=edge',
      serial: '0a1b2c',
      notBefore: new Date('2026-01-05T06:07:08Z'),
      notAfter: new Date('2035-12-31T23:59:59Z'),
    });

    expect(await ask(certificate)).toBe(200);

    expect(events.at(-1)?.requestContext.authentication).toEqual({
      clientCert: {
        clientCertPem: pem(certificate.x509.raw),
        subjectDN: 'CN=edge,O=Example,C=FR',
        issuerDN: 'CN=Example CA,C=FR',
        serialNumber: '0a:1b:2c',
        validity: { notBefore: 'Jan  5 06:07:08 2026 GMT', notAfter: 'Dec 31 23:59:59 2035 GMT' },
      },
    });
  });

  test('is at an address of https, and has no connection for a caller without one', async () => {
    const before = events.length;

    expect(origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await expect(ask(undefined)).rejects.toThrow();
    expect(events).toHaveLength(before);
  });

  test('serves on after a caller that speaks no TLS', async () => {
    await expect(fetch(origin.replace('https', 'http'))).rejects.toThrow();

    expect(await ask(await authority.issue())).toBe(200);
  });
});
