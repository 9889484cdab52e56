import { createServer } from 'node:http';
import { jest } from '@jest/globals';
import { config } from '#config';
import { authorizerEvent } from '../../../local/gateway/gateway-events.ts';
import {
  CLAIMS,
  HEADER,
  ISSUER,
  keySetOf,
  NOW,
  rsaKey,
  signRs256,
} from '../../unit/functions/authorizer/sign-token.ts';

const KEY = rsaKey('a');
const OTHER = rsaKey('a');
/** After a failure the authorizer asks for the key set again only 30 to 40 s later. */
const COOLDOWN_MS = 41_000;
/** A key set is read anew when it is older than ten minutes. */
const STALE_MS = 601_000;

/** The real handler, against a key set that first and last is not to be had: every answer that it can give. */
export async function driveAuthorizer(): Promise<void> {
  let status = 503;
  const issuer = createServer((_request, response) => {
    response.writeHead(status).end(JSON.stringify(keySetOf(KEY)));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const address = issuer.address();
  if (address === null || typeof address === 'string') throw new Error('The key set has no port.');
  Object.assign(process.env, { ISSUER_URL: ISSUER.issuer, KEY_SET_URL: `http://127.0.0.1:${address.port}/jwks.json` });
  let now = NOW * 1_000;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  try {
    const { handler } = await import('../../../functions/authorizer/handler.ts');
    const [good = '', ...bad] = headers();
    await handler(eventWith(good)).catch(() => undefined);
    now += COOLDOWN_MS;
    status = 200;
    for (const authorization of [good, ...bad]) await handler(eventWith(authorization));
    await handler(eventWith(undefined));
    await handler(eventWith(undefined, 'no certificate'));
    now += STALE_MS;
    status = 503;
    await handler(eventWith(good));
  } finally {
    clock.mockRestore();
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
  }
}

/** The first is good; the others are each refused with a code of its own. */
function headers(): readonly string[] {
  const claims = {
    ...CLAIMS,
    aud: config.issuers[0]?.audience,
    sub: Object.values(config.principals).find(({ claims: wanted }) => wanted !== undefined)?.claims?.['sub'],
  };
  const token = (change: object, header: object = {}, key = KEY) =>
    `Bearer ${signRs256({ ...HEADER, ...header }, { ...claims, ...change }, key.privateKey)}`;
  return [
    token({}),
    'Bearer a.b.c',
    token({ iat: NOW - 200, nbf: NOW - 200, exp: NOW - 100 }),
    token({ iat: NOW + 600, nbf: NOW + 600 }),
    token({}, {}, OTHER),
    token({}, { kid: 'unknown' }),
    token({ iss: 'https://other.example' }),
    token({ aud: 'https://other.example' }),
    token({}, { typ: 'JWT' }),
    token({ sub: 'nobody' }),
    token({ cnf: { 'x5t#S256': 'of a certificate that is not there' } }),
  ];
}

/** @param clientCertPem what the gateway passes on where the domain has mTLS */
export function eventWith(authorization: string | undefined, clientCertPem?: string) {
  const event = authorizerEvent(
    {
      method: 'POST',
      path: '/v1/streams/hits/batches',
      rawQueryString: '',
      query: {},
      cookies: [],
      headers: authorization === undefined ? {} : { authorization },
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      body: Buffer.alloc(0),
    },
    { requestId: 'r1', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 },
    [authorization ?? ''],
  );
  if (clientCertPem === undefined) return event;
  const validity = { notBefore: '', notAfter: '' };
  const clientCert = { clientCertPem, issuerDN: '', subjectDN: '', serialNumber: '', validity };
  return { ...event, requestContext: { ...event.requestContext, authentication: { clientCert } } };
}
