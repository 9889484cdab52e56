import { describe, expect, test } from '@jest/globals';
import type { CertificateMatcher, DeniedCertificate } from '../../../../config/certificate-schema.ts';
import type { Principal } from '../../../../config/schema.ts';
import { refuseDeniedCertificate } from '../../../../functions/authorizer/match-certificate.ts';
import type { ClientCertificate } from '../../../../functions/authorizer/read-certificate.ts';
import { principalOfCertificate, verifyCertificateOf } from '../../../../functions/authorizer/settle-principal.ts';

const CERTIFICATE: ClientCertificate = {
  spiffeId: 'spiffe://example.com/edge',
  spki: 'a'.repeat(64),
  issuer: 'CN=Example CA',
  subject: 'CN=edge',
  serial: 'A1B',
  thumbprint: 'x'.repeat(43),
  notBefore: 0,
  notAfter: 0,
};

function principal(
  name: string,
  require: Principal['require'],
  certificate?: CertificateMatcher,
  deniedCertificates?: readonly DeniedCertificate[],
): Principal {
  return {
    name,
    require,
    allow: [],
    deny: [],
    ...(certificate && { certificate }),
    ...(deniedCertificates && { deniedCertificates }),
  };
}

const SPIFFE = { spiffeId: 'spiffe://example.com/edge' };
const OTHER = { spiffeId: 'spiffe://example.com/other' };

function outcome(run: () => unknown): unknown {
  try {
    return run() ?? 'taken';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

describe('a certificate without a token', () => {
  const ask = (...principals: readonly Principal[]) =>
    outcome(() => principalOfCertificate(CERTIFICATE, principals).name);

  test.each<[string, CertificateMatcher]>([
    ['SPIFFE ID', SPIFFE],
    ['key', { spkiSha256: 'a'.repeat(64) }],
    ['issuer and subject', { issuer: 'CN=Example CA', subject: 'CN=edge' }],
  ])('is its principal’s by its %s', (_what, matcher) => {
    expect(ask(principal('q', 'certificate', OTHER), principal('p', 'certificate', matcher))).toBe('p');
  });

  test.each<[string, CertificateMatcher]>([
    ['SPIFFE ID', OTHER],
    ['key', { spkiSha256: 'b'.repeat(64) }],
    ['subject', { issuer: 'CN=Example CA', subject: 'CN=edge2' }],
    ['issuer', { issuer: 'CN=Another CA', subject: 'CN=edge' }],
  ])('is nobody’s by another %s', (_what, matcher) => {
    expect(ask(principal('p', 'certificate', matcher))).toBe('CERTIFICATE_DENIED');
  });

  test('is refused where it fits two principals, for their order must not matter', () => {
    const both = [principal('p', 'certificate', SPIFFE), principal('q', 'certificate', { spkiSha256: 'a'.repeat(64) })];

    expect(ask(...both)).toBe('CERTIFICATE_DENIED');
  });

  test('lacks the token of a principal that needs both', () => {
    expect(ask(principal('p', 'both', SPIFFE))).toBe('TOKEN_MISSING');
  });
});

describe('a token', () => {
  const bound = { cnf: { 'x5t#S256': CERTIFICATE.thumbprint } };
  const elsewhere = { cnf: { 'x5t#S256': 'y'.repeat(43) } };
  const other = principal('other', 'certificate', SPIFFE);

  test.each<[string, string, Principal, object, boolean]>([
    ['alone serves a principal that needs a token', 'taken', principal('p', 'token'), {}, false],
    ['alone does not serve one that needs both', 'CERTIFICATE_MISSING', principal('p', 'both', SPIFFE), {}, false],
    ['with the certificate serves it', 'taken', principal('p', 'both', SPIFFE), {}, true],
    ['with another’s certificate does not', 'CERTIFICATE_DENIED', principal('p', 'both', OTHER), {}, true],
    ['for one that needs none may come over a certificate', 'taken', principal('p', 'token'), {}, true],
    ['that is bound needs its certificate', 'CERTIFICATE_MISSING', principal('p', 'token'), bound, false],
    ['that is bound comes with it', 'taken', principal('p', 'token'), bound, true],
    ['that is bound elsewhere does not', 'CERTIFICATE_DENIED', principal('p', 'token'), elsewhere, true],
    [
      'bound elsewhere fails beside a good certificate',
      'CERTIFICATE_DENIED',
      principal('p', 'both', SPIFFE),
      elsewhere,
      true,
    ],
    ['bound by means that are not ours is taken', 'taken', principal('p', 'token'), { cnf: { jkt: 'x' } }, false],
    ['bound to no text is malformed', 'TOKEN_MALFORMED', principal('p', 'token'), { cnf: { 'x5t#S256': 7 } }, true],
    ['bound by no object is malformed', 'TOKEN_MALFORMED', principal('p', 'token'), { cnf: 'x' }, true],
  ])('%s', (_what, expected, caller, claims, withCertificate) => {
    const certificate = withCertificate ? CERTIFICATE : undefined;

    expect(outcome(() => verifyCertificateOf(caller, { ...claims }, certificate, [caller]))).toBe(expected);
  });

  test('of one principal never comes with the certificate of another that needs no token', () => {
    const callers = [principal('p', 'token'), principal('q', 'both', { spkiSha256: 'a'.repeat(64) })];

    const outcomes = callers.map((caller) =>
      outcome(() => verifyCertificateOf(caller, {}, CERTIFICATE, [caller, other])),
    );

    expect(outcomes).toEqual(['CERTIFICATE_DENIED', 'CERTIFICATE_DENIED']);
  });
});

describe('a denied certificate', () => {
  test.each<[string, DeniedCertificate, string]>([
    ['key', { spkiSha256: 'a'.repeat(64) }, 'CERTIFICATE_DENIED'],
    ['issuer and serial number', { issuer: 'CN=Example CA', serial: 'A1B' }, 'CERTIFICATE_DENIED'],
    ['another’s key', { spkiSha256: 'b'.repeat(64) }, 'taken'],
    ['the serial number of another issuer', { issuer: 'CN=Another CA', serial: 'A1B' }, 'taken'],
  ])('is known by %s, whichever principal lists it', (_what, denied, expected) => {
    const principals = [principal('p', 'certificate', SPIFFE), principal('q', 'both', OTHER, [denied])];

    expect(outcome(() => refuseDeniedCertificate(CERTIFICATE, principals))).toBe(expected);
  });
});
