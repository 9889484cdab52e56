import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ConfigSections } from './schema.ts';

/** SHA-256 hex of the RFC 8785 form of the parsed policy: two regions that show the same hash decide alike. */
export function policyHash({
  issuers,
  principals,
  streams,
}: Pick<ConfigSections, 'issuers' | 'principals' | 'streams'>): string {
  return createHash('sha256')
    .update(canonicalize({ issuers, principals, streams }) ?? '')
    .digest('hex');
}
