import { problem } from './describe-issue.ts';
import type { ConfigSections, Issuer, Principal } from './schema.ts';
import { unknownName } from './unknown-name.ts';

/** Where several issuers are believed, each may sign any claim it likes: whose word makes somebody this principal must be written. */
export function checkIssuers({ issuers, principals }: ConfigSections): readonly string[] {
  const known = issuers.map(nameOf);
  return Object.values(principals).flatMap((principal) => checkIssuerOf(principal, known));
}

function checkIssuerOf({ name, issuer, claims }: Principal, known: readonly string[]): readonly string[] {
  const path = ['principals', name, 'issuer'];
  if (issuer !== undefined) return unknownName(path, issuer, known);
  if (claims === undefined || known.length === 1) return [];
  return [problem(path, 'nothing', `one of ${known.join(', ')}, since each of them could sign these claims; add it`)];
}

function nameOf(issuer: Issuer): string {
  return issuer.kind === 'builtin' ? 'builtin' : issuer.url;
}
