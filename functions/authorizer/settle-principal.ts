import type { Principal } from '../../config/schema.ts';
import { CertificateRefusedError } from './certificate-refused-error.ts';
import { fitsCertificate } from './match-certificate.ts';
import type { ClientCertificate } from './read-certificate.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import type { VerifiedToken } from './verify-token.ts';

/**
 * The one principal whose every matcher fits the token; the configuration refuses principals that could both fit.
 *
 * @throws TokenRefusedError POLICY_DENIED
 */
export function principalOfToken(verified: VerifiedToken, principals: readonly Principal[]): Principal {
  const fitting = principals.filter(({ issuer, claims: wanted }) => {
    const matchers = Object.entries(wanted ?? {});
    const ofIssuer = issuer === undefined || issuer === verified.issuer.name;
    return ofIssuer && matchers.length > 0 && matchers.every(([name, value]) => verified.claims[name] === value);
  });
  const [principal] = fitting;
  if (principal !== undefined && fitting.length === 1) return principal;
  const detail = `The token is good but fits ${fitting.length} principals of the policy.`;
  throw new TokenRefusedError('POLICY_DENIED', detail);
}

/**
 * Whose the certificate is, where no token came with it: of exactly one principal that needs no token.
 *
 * @throws TokenRefusedError TOKEN_MISSING
 * @throws CertificateRefusedError CERTIFICATE_DENIED
 */
export function principalOfCertificate(certificate: ClientCertificate, principals: readonly Principal[]): Principal {
  const fitting = principals.filter((principal) => fitsCertificate(principal.certificate, certificate));
  const alone = fitting.filter(({ require }) => require === 'certificate');
  const [principal] = alone;
  if (principal !== undefined && alone.length === 1) return principal;
  if (principal === undefined && fitting.length > 0) {
    throw new TokenRefusedError('TOKEN_MISSING', 'The certificate’s principals need a token too; there is none.');
  }
  throw new CertificateRefusedError(
    'CERTIFICATE_DENIED',
    `The client certificate is good but fits ${alone.length} principals of the policy that need no token.`,
  );
}

/**
 * Holds the certificate against what the token's principal needs and what the token itself is bound to. A certificate of its own
 * kind of principal never comes with the token of another: that would be two callers in one request.
 *
 * @param claims of the verified token
 * @param certificate undefined where the domain asked for none
 * @throws CertificateRefusedError CERTIFICATE_MISSING, CERTIFICATE_DENIED
 * @throws TokenRefusedError TOKEN_MALFORMED
 */
export function verifyCertificateOf(
  principal: Principal,
  claims: Readonly<Record<string, unknown>>,
  certificate: ClientCertificate | undefined,
  principals: readonly Principal[],
): void {
  const thumbprint = boundThumbprint(claims['cnf']);
  if (certificate === undefined) {
    if (principal.require === 'token' && thumbprint === undefined) return;
    const why = thumbprint === undefined ? `${principal.name} needs a client certificate` : 'The token has x5t#S256';
    throw new CertificateRefusedError('CERTIFICATE_MISSING', `${why}, and the connection had none.`);
  }
  if (thumbprint !== undefined && thumbprint !== certificate.thumbprint) {
    throw new CertificateRefusedError('CERTIFICATE_DENIED', 'The token is bound to another certificate (x5t#S256).');
  }
  const own = fitsCertificate(principal.certificate, certificate);
  if (principal.require !== 'token' && !own) {
    throw new CertificateRefusedError('CERTIFICATE_DENIED', `The certificate is not one of ${principal.name}’s.`);
  }
  const other = principals.find(
    ({ require, certificate: matcher }) => require === 'certificate' && fitsCertificate(matcher, certificate),
  );
  if (other === undefined) return;
  throw new CertificateRefusedError(
    'CERTIFICATE_DENIED',
    `The certificate is that of ${other.name}, the token that of ${principal.name}.`,
  );
}

/**
 * `cnf.x5t#S256` of RFC 8705 §3.1. Other ways to confirm a token are not ours to judge (RFC 7800 §3.1: what is not understood is
 * ignored).
 */
function boundThumbprint(cnf: unknown): string | undefined {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'The claim cnf is no object (RFC 7800).');
  }
  const thumbprint: unknown = Object.getOwnPropertyDescriptor(cnf, 'x5t#S256')?.value;
  if (thumbprint === undefined || typeof thumbprint === 'string') return thumbprint;
  throw new TokenRefusedError('TOKEN_MALFORMED', 'x5t#S256 is no text (RFC 8705).');
}
