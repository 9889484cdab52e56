import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { createAuthorize } from '../../../../functions/authorizer/authorize.ts';
import { KeySetUnavailableError } from '../../../../functions/authorizer/key-set-unavailable-error.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import { authorizerEvent } from '../../../../local/gateway/gateway-events.ts';
import { createAuthority, type IssuedCertificate } from './issue-certificate.ts';
import { CLAIMS, HEADER, ISSUER, keySetOf, NOW, rsaKey, signRs256 } from './sign-token.ts';

const KEY = rsaKey('a');
const EDGE = 'spiffe://example.com/edge';
const PARTNER = 'spiffe://example.com/partner';
const LIFE = { notBefore: new Date((NOW - 3600) * 1000), notAfter: new Date((NOW + 3600) * 1000) };
const writes = (source: string) => [{ write: ['hits'], sources: [source] }];
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
    web: { claims: { sub: 'ew:1' }, certificate: { spiffeId: EDGE }, allow: writes('ew/1/*') },
    collector: { claims: { sub: 'ew:2' }, certificate: { spiffeId: EDGE }, allow: writes('ew/2/*') },
    app: { claims: { sub: 'app' }, require: 'token', allow: writes('app') },
    partner: {
      require: 'certificate',
      certificate: { spiffeId: PARTNER },
      deniedCertificates: [{ issuer: 'CN=Example CA', serial: '00:0A:FF' }],
      allow: writes('partner'),
    },
  },
});

let edge: IssuedCertificate;
let partner: IssuedCertificate;
let stolen: IssuedCertificate;
let expired: IssuedCertificate;
let nobodys: IssuedCertificate;
let ofCa: IssuedCertificate;
beforeAll(async () => {
  const authority = await createAuthority();
  edge = await authority.issue({ ...LIFE, uris: [EDGE], serial: '01' });
  partner = await authority.issue({ ...LIFE, uris: [PARTNER], serial: '02' });
  stolen = await authority.issue({ ...LIFE, uris: [PARTNER], serial: '0aff' });
  nobodys = await authority.issue({ ...LIFE, uris: [`${PARTNER}/2`] });
  ofCa = await authority.issue({ ...LIFE, uris: [PARTNER], ca: true });
  expired = await authority.issue({ ...LIFE, uris: [PARTNER], notAfter: new Date((NOW - 1) * 1000) });
});

interface AskOptions {
  readonly cnf?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The issuer's keys cannot be read. */
  readonly down?: boolean;
}

const lines: AuditLine[] = [];

async function ask(
  sub: string | undefined,
  certificate: IssuedCertificate | undefined,
  { cnf, headers = {}, down = false }: AskOptions = {},
) {
  lines.length = 0;
  const authorize = createAuthorize({
    config: CONFIG,
    issuers: [ISSUER],
    keySetFor: async () => {
      if (down) throw new KeySetUnavailableError('https://issuer.example/jwks.json', 'no answer');
      return keySetOf(KEY);
    },
    clock: () => NOW * 1_000,
    audit: (line) => lines.push(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  const token = signRs256(HEADER, { ...CLAIMS, sub, ...(cnf && { cnf }) }, KEY.privateKey);
  const request = {
    method: 'POST',
    path: '/v1/streams/hits/batches',
    rawQueryString: '',
    query: {},
    cookies: [],
    headers: { ...headers, ...(sub !== undefined && { authorization: `Bearer ${token}` }) },
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    body: Buffer.alloc(0),
  };
  const facts = { requestId: 'r1', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 };
  const event = authorizerEvent(request, facts, []);
  const clientCert = {
    clientCertPem: certificate?.pem ?? '',
    subjectDN: 'CN=of no interest',
    issuerDN: 'CN=of no interest',
    serialNumber: '1',
    validity: { notBefore: '', notAfter: '' },
  };
  const { isAuthorized, context } = await authorize({
    ...event,
    requestContext: { ...event.requestContext, ...(certificate && { authentication: { clientCert } }) },
  });
  const [line] = lines;
  return { isAuthorized, context, code: line !== undefined && 'code' in line ? line.code : undefined, line };
}

const proofOf = ({ x509 }: IssuedCertificate) => ({
  spki: expect.stringMatching(/^[0-9a-f]{64}$/),
  serial: x509.serialNumber.replace(/^0/, ''),
});

describe('a caller with a client certificate', () => {
  test('is who it is by certificate alone, with the certificate’s life', async () => {
    const { context, line } = await ask(undefined, partner);

    const identity = {
      principal: 'partner',
      auth: 'certificate',
      iat: NOW - 3600,
      exp: NOW + 3600,
      ...proofOf(partner),
    };
    expect(context).toEqual(identity);
    expect(line).toMatchObject({ decision: 'allow', identity });
  });

  test('is who it is by token and certificate together, also where the token is bound to it', async () => {
    const cnf = { 'x5t#S256': Buffer.from(edge.x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url') };

    const answers = [await ask('ew:1', edge), await ask('ew:1', edge, { cnf })];

    for (const { context } of answers) {
      expect(context).toMatchObject({ principal: 'web', auth: 'both', sub: 'ew:1', exp: CLAIMS.exp, ...proofOf(edge) });
    }
  });

  test('is who it is by token alone where no more is asked, and the audit line names the certificate if there is one', async () => {
    const [without, over] = [await ask('app', undefined), await ask('app', edge)];

    expect(without.context).toMatchObject({ principal: 'app', auth: 'token' });
    expect(without.context).not.toHaveProperty('spki');
    expect(over.line).toMatchObject({
      decision: 'allow',
      identity: { principal: 'app', auth: 'token', ...proofOf(edge) },
    });
  });

  test.each<[string, string, () => Parameters<typeof ask>]>([
    ['with neither token nor certificate', 'TOKEN_MISSING', () => [undefined, undefined]],
    ['without the certificate that its principal needs', 'CERTIFICATE_MISSING', () => ['ew:1', undefined]],
    ['without the token that its principal needs', 'TOKEN_MISSING', () => [undefined, edge]],
    ['with the certificate of another principal', 'CERTIFICATE_DENIED', () => ['ew:1', partner]],
    ['whose certificate is another principal’s own', 'CERTIFICATE_DENIED', () => ['app', partner]],
    [
      'whose token is bound to another certificate',
      'CERTIFICATE_DENIED',
      () => ['ew:1', edge, { cnf: { 'x5t#S256': 'x' } }],
    ],
    [
      'whose bound token comes without certificate',
      'CERTIFICATE_MISSING',
      () => ['app', undefined, { cnf: { 'x5t#S256': 'x' } }],
    ],
    ['whose certificate is on the deny list', 'CERTIFICATE_DENIED', () => [undefined, stolen]],
    ['whose certificate has expired', 'CERTIFICATE_DENIED', () => [undefined, expired]],
    ['whose certificate nobody has', 'CERTIFICATE_DENIED', () => [undefined, { ...edge, pem: 'none' }]],
    [
      'whose certificate stands in a header',
      'TOKEN_MISSING',
      () => [
        undefined,
        undefined,
        { headers: { 'x-amzn-mtls-clientcert': partner.pem, 'x-client-cert': partner.pem } },
      ],
    ],
  ])('is refused %s', async (_what, expected, given) => {
    const { isAuthorized, context, code } = await ask(...given());

    expect([isAuthorized, context, code]).toEqual([false, undefined, expected]);
  });

  test('is who token and certificate say together, in every pairing of what one may hold', async () => {
    const certificates = { none: undefined, edge, partner, nobodys } as const;
    const expected = {
      'none none': 'TOKEN_MISSING',
      'none edge': 'TOKEN_MISSING',
      'none partner': 'partner',
      'none nobodys': 'CERTIFICATE_DENIED',
      'ew:1 none': 'CERTIFICATE_MISSING',
      'ew:1 edge': 'web',
      'ew:1 partner': 'CERTIFICATE_DENIED',
      'ew:1 nobodys': 'CERTIFICATE_DENIED',
      'ew:2 none': 'CERTIFICATE_MISSING',
      'ew:2 edge': 'collector',
      'ew:2 partner': 'CERTIFICATE_DENIED',
      'ew:2 nobodys': 'CERTIFICATE_DENIED',
      'app none': 'app',
      'app edge': 'app',
      'app partner': 'CERTIFICATE_DENIED',
      'app nobodys': 'app',
      'stranger none': 'POLICY_DENIED',
      'stranger edge': 'POLICY_DENIED',
      'stranger partner': 'POLICY_DENIED',
      'stranger nobodys': 'POLICY_DENIED',
    };

    const answers = [];
    for (const sub of ['none', 'ew:1', 'ew:2', 'app', 'stranger']) {
      for (const [name, certificate] of Object.entries(certificates)) {
        const { context, code } = await ask(sub === 'none' ? undefined : sub, certificate);
        answers.push([`${sub} ${name}`, context?.principal ?? code]);
      }
    }

    expect(Object.fromEntries(answers)).toEqual(expected);
  });

  test('leaves in the audit line what was proven before it was refused, and nothing of the certificate itself', async () => {
    const { line } = await ask('ew:1', partner);

    expect(line).toMatchObject({ decision: 'deny', identity: { sub: 'ew:1', ...proofOf(partner) } });
    expect(JSON.stringify(line)).not.toContain(partner.pem.split('\n')[1]);
  });

  test('is named in the audit line by its key and serial number, where it is refused whoever shows it', async () => {
    for (const certificate of [expired, stolen, ofCa]) {
      const { line } = await ask('ew:1', certificate);

      expect(line).toMatchObject({ decision: 'deny', code: 'CERTIFICATE_DENIED', identity: proofOf(certificate) });
    }
  });

  test('is named there too where nobody can say whether its token is good', async () => {
    await expect(ask('ew:1', edge, { down: true })).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });

    expect(lines).toEqual([expect.objectContaining({ decision: 'error', identity: proofOf(edge) })]);
  });
});
