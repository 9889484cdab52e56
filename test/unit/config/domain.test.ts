import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../config/config-error.ts';
import { certificateArnIn, truststoreIn } from '../../../config/domain-schema.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const arn = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/1a-2b`;
const TRUSTSTORE = { bucket: 'example-truststore', key: 'clients.pem', version: 'aBc_1.2' };
const DOMAIN = { name: 'events.example.com', mtls: true, certificateArn: arn('us-east-1'), truststore: TRUSTSTORE };
const TOKEN_DOMAIN = { name: 'tokens.example.com', certificateArn: arn('us-east-1') };
const ALLOW = [{ write: ['hits'], sources: ['a'] }];
const SPIFFE = { spiffeId: 'spiffe://example.com/p' };
const SPKI = 'a'.repeat(64);

const NO_DOMAIN = { domain: undefined };

function parse(principal: object, domain: unknown = DOMAIN, rest: object = {}) {
  const own = domain === NO_DOMAIN ? NO_DOMAIN : { domain };
  return parseConfig({ streams: { hits: {} }, principals: { p: { allow: ALLOW, ...principal } }, ...own, ...rest });
}

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a principal', () => {
  const both = { claims: { sub: 'p' }, certificate: SPIFFE };

  test('needs token and certificate where the domain asks for certificates, else a token', () => {
    const [with_, without] = [parse(both), parse({ claims: { sub: 'p' } }, NO_DOMAIN)];

    expect([with_, without].map(({ principals }) => principals['p']?.require)).toEqual(['both', 'token']);
  });

  test.each<[string, object]>([
    ['SPIFFE ID', SPIFFE],
    ['key', { spkiSha256: SPKI }],
    ['issuer and subject', { issuer: 'C=FR, CN=Example CA', subject: 'C=FR, O=Example\\, Ltd, CN=edge' }],
  ])('may be known by a certificate’s %s', (_what, certificate) => {
    expect(parse({ require: 'certificate', certificate }).principals['p']?.certificate).toEqual(certificate);
  });

  test('has its denied serial numbers read as tools write them', () => {
    const denied = ['00:0A:1b', 'a1b', '0A1B', '00', '-0A1B', '-0a:1b'].map((serial) => ({
      issuer: 'CN=Example CA',
      serial,
    }));

    const { principals } = parse({ ...both, deniedCertificates: [...denied, { spkiSha256: SPKI }] });

    const serials = principals['p']?.deniedCertificates?.map((one) => ('serial' in one ? one.serial : one.spkiSha256));
    expect(serials).toEqual(['A1B', 'A1B', 'A1B', '0', '-A1B', '-A1B', SPKI]);
  });

  test('may only read without any proof, for it never comes to the API', () => {
    expect(problems(() => parse({ allow: [{ read: ['hits'] }] }))).toEqual([]);
  });

  test('may share a certificate with others where their tokens tell them apart', () => {
    const principals = { p: { ...both, allow: ALLOW }, q: { ...both, claims: { sub: 'q' }, allow: ALLOW } };

    expect(problems(() => parse({}, DOMAIN, { principals }))).toEqual([]);
  });

  test.each<[string, object, unknown, string]>([
    [
      'both without a domain',
      { ...both, require: 'both' },
      NO_DOMAIN,
      'principals.p.require: "both" → "token", as no domain asks',
    ],
    [
      'a certificate on a domain without mTLS',
      both,
      { ...TOKEN_DOMAIN },
      'principals.p.certificate: an object → nothing, as no domain',
    ],
    [
      'a deny list without a domain',
      { claims: { sub: 'p' }, deniedCertificates: [{ spkiSha256: SPKI }] },
      NO_DOMAIN,
      'principals.p.deniedCertificates: a list → nothing, as no domain',
    ],
    ['no certificate', { claims: { sub: 'p' } }, DOMAIN, 'principals.p.certificate: nothing → { spiffeId }'],
    ['no certificate, alone', { require: 'certificate' }, DOMAIN, 'principals.p.certificate: nothing → { spiffeId }'],
    ['no claims', { certificate: SPIFFE }, DOMAIN, 'principals.p.claims: nothing → an object'],
    [
      'claims beside a certificate alone',
      { ...both, require: 'certificate' },
      DOMAIN,
      'principals.p.claims: an object → nothing',
    ],
    [
      'a token and no way in',
      { claims: { sub: 'p' }, require: 'token' },
      DOMAIN,
      'principals.p.require: "token" → a domain.tokenDomain',
    ],
    [
      'a certificate beside a token alone',
      { ...both, require: 'token' },
      { ...DOMAIN, tokenDomain: TOKEN_DOMAIN },
      'principals.p.certificate: an object → nothing beside require',
    ],
    [
      'a proof that does not exist',
      { ...both, require: 'cookie' },
      DOMAIN,
      'principals.p.require: "cookie" → "token" or',
    ],
    [
      'a name that is no SPIFFE ID',
      { ...both, certificate: { spiffeId: 'spiffe://x' } },
      DOMAIN,
      'principals.p.certificate.spiffeId',
    ],
    [
      'a hash in capitals',
      { ...both, certificate: { spkiSha256: 'A'.repeat(64) } },
      DOMAIN,
      'principals.p.certificate.spkiSha256',
    ],
    [
      'a subject without issuer',
      { ...both, certificate: { subject: 'CN=x' } },
      DOMAIN,
      'principals.p.certificate.issuer: nothing',
    ],
    [
      'a subject that is none',
      { ...both, certificate: { issuer: 'CN=x', subject: 'x' } },
      DOMAIN,
      'principals.p.certificate.subject: "x"',
    ],
    [
      'two ways to know it',
      { ...both, certificate: { ...SPIFFE, spkiSha256: SPKI } },
      DOMAIN,
      'principals.p.certificate.spkiSha256: unknown key',
    ],
    [
      'a serial number that is none',
      { ...both, deniedCertificates: [{ issuer: 'CN=x', serial: 'xyz' }] },
      DOMAIN,
      'principals.p.deniedCertificates[0].serial: "xyz"',
    ],
  ])('is refused with %s', (_what, principal, domain, expected) => {
    expect(problems(() => parse(principal, domain))).toEqual(
      expect.arrayContaining([expect.stringContaining(expected)]),
    );
  });

  test('is refused the certificate of another where no token tells them apart, whichever comes first', () => {
    const alone = { require: 'certificate', certificate: SPIFFE, allow: ALLOW };
    const pairs = [
      { p: alone, q: alone },
      { p: alone, q: { ...both, allow: ALLOW } },
      { p: { ...both, allow: ALLOW }, q: alone },
    ];

    for (const principals of pairs) {
      expect(problems(() => parse({}, DOMAIN, { principals }))).toEqual([
        expect.stringContaining('principals.q.certificate: an object → another certificate than that of p'),
      ]);
    }
  });
});

describe('a domain', () => {
  const principal = { claims: { sub: 'p' }, certificate: SPIFFE };
  const regions = ['us-east-1', 'eu-west-1'];

  test('asks for no certificates unless it says so', () => {
    expect(parse({ claims: { sub: 'p' } }, TOKEN_DOMAIN).domain).toEqual({ ...TOKEN_DOMAIN, mtls: false });
  });

  test('has a certificate and a truststore in each region', () => {
    const domain = {
      ...DOMAIN,
      certificateArn: Object.fromEntries(regions.map((region) => [region, arn(region)])),
      truststore: { 'us-east-1': TRUSTSTORE, 'eu-west-1': { ...TRUSTSTORE, bucket: 'example-eu' } },
    };

    const parsed = parse(principal, domain, { regions }).domain;

    if (!parsed?.mtls) throw new Error('expected a domain with mTLS');
    expect(regions.map((region) => certificateArnIn(parsed, region))).toEqual(regions.map(arn));
    expect(regions.map((region) => truststoreIn(parsed, region)?.bucket)).toEqual(['example-truststore', 'example-eu']);
    expect([certificateArnIn(parsed, 'constructor'), truststoreIn(parsed, 'constructor')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each<[string, object, object, string]>([
    ['without a truststore', { truststore: undefined }, {}, 'domain.truststore: nothing'],
    [
      'whose truststore has no version',
      { truststore: { ...TRUSTSTORE, version: undefined } },
      {},
      'domain.truststore.version: nothing',
    ],
    [
      'whose truststore has the version of a bucket without any',
      { truststore: { ...TRUSTSTORE, version: 'null' } },
      {},
      'domain.truststore.version: "null"',
    ],
    [
      'with a truststore and no mTLS',
      { mtls: false },
      {},
      'domain.truststore: unknown key → one of name, certificateArn, mtls',
    ],
    [
      'with a certificate of another region',
      { certificateArn: arn('eu-west-1') },
      {},
      'domain.certificateArn: one in eu-west-1 for us-east-1',
    ],
    ['with one certificate for two regions', {}, { regions }, 'domain.certificateArn: one in us-east-1 for eu-west-1'],
    [
      'with a region left out',
      { truststore: { 'us-east-1': TRUSTSTORE } },
      { regions },
      'domain.truststore: nothing for eu-west-1',
    ],
    [
      'whose second name is the first',
      { tokenDomain: { ...TOKEN_DOMAIN, name: DOMAIN.name } },
      {},
      'domain.tokenDomain.name: "events.example.com"',
    ],
    [
      'whose second name has no certificate here',
      { tokenDomain: { ...TOKEN_DOMAIN, certificateArn: arn('eu-west-1') } },
      {},
      'domain.tokenDomain.certificateArn: one in eu-west-1',
    ],
    ['with a URL for a name', { name: 'https://events.example.com' }, {}, 'domain.name: "https://events.example.com"'],
    ['with a key that does not exist', { truststor: TRUSTSTORE }, {}, 'domain.truststor: unknown key'],
  ])('is refused %s', (_what, change, rest, expected) => {
    const domain = JSON.parse(JSON.stringify({ ...DOMAIN, ...change }));

    expect(problems(() => parse(principal, domain, rest))).toEqual(
      expect.arrayContaining([expect.stringContaining(expected)]),
    );
  });

  test('of any content is taken or refused with a problem that names a path', () => {
    const part = fc.oneof(
      fc.constant(undefined),
      fc.constant(TRUSTSTORE),
      fc.constant(arn('us-east-1')),
      fc.anything(),
    );
    const domain = fc.record({
      name: part,
      mtls: fc.boolean(),
      certificateArn: part,
      truststore: part,
      tokenDomain: part,
    });
    fc.assert(
      fc.property(fc.oneof(domain, fc.anything()), (value) => {
        const found = problems(() => parse(principal, value));
        for (const problem of found) expect(problem).toMatch(/^(domain|principals\.p).* → /s);
      }),
    );
  });
});
