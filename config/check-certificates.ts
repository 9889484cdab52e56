import { problem } from './describe-issue.ts';
import type { ConfigSections, Principal } from './schema.ts';

/**
 * What is wrong with how principals prove who they are, held against the domain: one that can never prove what it must, one that
 * is known by something nobody looks at, and certificates that are two principals' at once.
 */
export function checkCertificates({
  domain,
  principals,
}: Pick<ConfigSections, 'domain' | 'principals'>): readonly string[] {
  const all = Object.values(principals);
  return [
    ...all.flatMap((principal) =>
      domain?.mtls ? checkProof(principal, domain.tokenDomain !== undefined) : checkWithout(principal),
    ),
    ...checkShared(all),
  ];
}

/** Without a domain that asks for them, no certificate ever arrives. */
function checkWithout({ name, require, certificate, deniedCertificates }: Principal): readonly string[] {
  const at = ['principals', name];
  const why = 'as no domain asks for client certificates; set domain.mtls, or';
  return [
    ...(require === 'token' ? [] : [problem([...at, 'require'], `"${require}"`, `"token", ${why} change it`)]),
    ...(certificate === undefined ? [] : [problem([...at, 'certificate'], 'an object', `nothing, ${why} remove it`)]),
    ...(deniedCertificates === undefined
      ? []
      : [problem([...at, 'deniedCertificates'], 'a list', `nothing, ${why} remove it`)]),
  ];
}

function checkProof(
  { name, require, claims, certificate, allow }: Principal,
  tokensHaveADoor: boolean,
): readonly string[] {
  // Who only reads has an account in ClickHouse and never comes to the API.
  if (!allow.some((rule) => 'write' in rule)) return [];
  const at = ['principals', name];
  if (require === 'token') {
    const door =
      'a domain.tokenDomain, as domain.name lets nobody in without a certificate; add it, or require another';
    const unused = "nothing beside require: 'token', which looks at none; remove it";
    return [
      ...(tokensHaveADoor ? [] : [problem([...at, 'require'], '"token"', door)]),
      ...(certificate === undefined ? [] : [problem([...at, 'certificate'], 'an object', unused)]),
    ];
  }
  const wanted =
    '{ spiffeId }, { spkiSha256 } or { issuer, subject }, by which its client certificate is known; add it';
  const tokenless = "nothing beside require: 'certificate', as it has no token; remove it";
  return [
    ...(certificate === undefined ? [problem([...at, 'certificate'], 'nothing', wanted)] : []),
    ...(require === 'certificate' && claims !== undefined ? [problem([...at, 'claims'], 'an object', tokenless)] : []),
  ];
}

/** Several principals may come through one certificate (that of an Akamai property) where tokens tell them apart, and only there. */
function checkShared(principals: readonly Principal[]): readonly string[] {
  return principals.flatMap((principal, index) =>
    principals
      .slice(0, index)
      .filter((other) => [principal, other].some(({ require }) => require === 'certificate'))
      .filter((other) => sameCertificate(principal, other))
      .map((other) => {
        const expected = `another certificate than that of ${other.name}, as no token tells them apart; change one of them`;
        return problem(['principals', principal.name, 'certificate'], 'an object', expected);
      }),
  );
}

function sameCertificate({ certificate }: Principal, { certificate: other }: Principal): boolean {
  return certificate !== undefined && other !== undefined && JSON.stringify(certificate) === JSON.stringify(other);
}
