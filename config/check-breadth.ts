import { problem } from './describe-issue.ts';
import type { Principal } from './schema.ts';

/**
 * Claims that say where a token comes from and what it is for, and nothing of who bears it: every token of the issuer, or of all
 * who have a scope there, has the same ones (RFC 7519 §4.1, RFC 9068 §2.2; `azpacr`, `idtyp`, `tid` and `ver` of Entra, `token_use` of
 * Cognito, `gty` of Auth0, `acr` of Keycloak).
 */
const SHARED_CLAIMS: ReadonlySet<string> = new Set([
  'acr',
  'aud',
  'azpacr',
  'gty',
  'idtyp',
  'iss',
  'scope',
  'scp',
  'tid',
  'token_use',
  'typ',
  'ver',
]);

/** What lets more callers be this principal, or lets it pass for more senders, than a policy can mean. There is no mode that allows it. */
export function checkBreadth({ name, claims = {}, allow }: Principal): readonly string[] {
  const at = ['principals', name];
  const shared = Object.keys(claims).filter((claim) => SHARED_CLAIMS.has(claim));
  const anybody =
    shared.length > 0 && shared.length === Object.keys(claims).length
      ? [
          problem(
            [...at, 'claims'],
            `nothing but ${shared.join(', ')}`,
            'a claim that its tokens alone have: any client of the issuer could be this principal; add sub or client_id',
          ),
        ]
      : [];
  return [
    ...anybody,
    ...Object.entries(claims).flatMap(([claim, value]) =>
      value.includes('*')
        ? [
            problem(
              [...at, 'claims', claim],
              JSON.stringify(value),
              'an exact value, for no pattern is read here; write it out',
            ),
          ]
        : [],
    ),
    ...allow.flatMap((rule, index) =>
      'read' in rule
        ? []
        : rule.sources.flatMap((source, position) =>
            source === 'ew/*'
              ? [
                  problem(
                    [...at, 'allow', index, 'sources', position],
                    '"ew/*"',
                    'the sources of one EdgeWorker: it could pass for any other; write ew/<EdgeWorker id>/*',
                  ),
                ]
              : [],
          ),
    ),
  ];
}
