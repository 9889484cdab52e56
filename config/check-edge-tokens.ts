import { problem } from './describe-issue.ts';
import type { ConfigSections } from './schema.ts';

/** A token of an issuer that is not believed would be refused with every batch. */
export function checkEdgeTokens({ edge, issuers }: ConfigSections): readonly string[] {
  const wanted = edge.tokens === 'builtin' ? 'builtin' : 'openid';
  if (edge.edgeWorkerIds.length === 0 || issuers.some(({ kind }) => kind === wanted)) return [];
  return edge.tokens === 'builtin'
    ? [
        problem(
          ['edge', 'tokens'],
          '"builtin"',
          'the token endpoint of an issuer that issuers names; change one of them',
        ),
      ]
    : [problem(['issuers'], 'the built-in issuer alone', 'the issuer of edge.tokens too; add it')];
}
