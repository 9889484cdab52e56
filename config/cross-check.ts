import { checkCertificates } from './check-certificates.ts';
import { checkDomain } from './check-domain.ts';
import { checkEdgeTokens } from './check-edge-tokens.ts';
import { checkEdgeWorkers } from './check-edge-workers.ts';
import { checkIssuers } from './check-issuers.ts';
import { checkPrincipal } from './check-principal.ts';
import { checkProduction } from './check-production.ts';
import { problem } from './describe-issue.ts';
import { readableRelations } from './readable-relations.ts';
import type { ConfigSections, Principal } from './schema.ts';
import { RESERVED_RELATIONS, SYSTEM_VIEWS } from './system-views.ts';
import { unknownName } from './unknown-name.ts';

/** Every problem that only shows when sections are held against each other. */
export function crossCheck(config: ConfigSections): readonly string[] {
  const principals = Object.values(config.principals);
  const problems = [
    ...checkLifetime(config.edge),
    ...checkEdgeWorkers(config),
    ...checkEdgeTokens(config),
    ...checkTables(config),
    ...principals.flatMap((principal) => checkPrincipal(principal, config)),
    ...checkIssuers(config),
    ...checkIdentities(principals),
    ...checkDomain(config),
    ...checkCertificates(config),
    ...checkProduction(config),
    ...checkTests(config),
    ...checkVaultAudience(config),
  ];
  // Views are named after streams and principals: only sound ones have a name to compare.
  return problems.length > 0 ? problems : checkViews(config);
}

function checkLifetime({ tokenLifetimeMinutes, refreshMinutes }: ConfigSections['edge']): readonly string[] {
  // Three refreshes in a row may then fail before an EdgeWorker is left without a token (design §3.3).
  const least = 4 * refreshMinutes;
  if (tokenLifetimeMinutes >= least) return [];
  const expected = `at least ${least}, four times refreshMinutes; raise it, or lower refreshMinutes`;
  return [problem(['edge', 'tokenLifetimeMinutes'], String(tokenLifetimeMinutes), expected)];
}

function checkTables({ streams }: ConfigSections): readonly string[] {
  const owners = new Map(RESERVED_RELATIONS.map((relation) => [relation, 'edgehouse itself']));
  return Object.values(streams).flatMap(({ name, table }) => {
    const owner = owners.get(table);
    owners.set(table, owner ?? `stream ${name}`);
    // A grant on a shared table would open both streams, whichever of them the rule names.
    return owner === undefined
      ? []
      : [problem(['streams', name, 'table'], `"${table}"`, `a table of its own, not that of ${owner}; name another`)];
  });
}

/** A token must never be two principals at once, or which rules hold would depend on their order. */
function checkIdentities(principals: readonly Principal[]): readonly string[] {
  return principals.flatMap((principal, index) =>
    principals
      .slice(0, index)
      .filter((other) => overlap(principal, other))
      .map((other) => {
        const expected = `a claim whose value differs from that of ${other.name}, or one token could be both; change one of them`;
        return problem(['principals', principal.name, 'claims'], 'an object', expected);
      }),
  );
}

function overlap({ claims, issuer }: Principal, { claims: others, issuer: another }: Principal): boolean {
  if (claims === undefined || others === undefined) return false;
  if (issuer !== undefined && another !== undefined && issuer !== another) return false;
  return Object.entries(claims).every(([claim, value]) => !Object.hasOwn(others, claim) || others[claim] === value);
}

function checkTests({ tests, principals, streams, regions }: ConfigSections): readonly string[] {
  const known = { principal: Object.keys(principals), stream: Object.keys(streams), region: regions };
  return tests.flatMap((test, index) => [
    ...unknownName(['tests', index, 'principal'], test.principal, known.principal),
    ...unknownName(
      ['tests', index, 'stream'],
      test.stream,
      test.action === 'read' ? [...known.stream, ...SYSTEM_VIEWS] : known.stream,
    ),
    ...(test.action === 'write' && test.region !== undefined
      ? unknownName(['tests', index, 'region'], test.region, known.region)
      : []),
  ]);
}

/** Or the token that lies in EdgeKV would open Vault. */
function checkVaultAudience({ secrets, issuers }: ConfigSections): readonly string[] {
  if (secrets === 'aws' || issuers.every(({ audience }) => audience !== secrets.vault.audience)) return [];
  const expected = 'another audience than that of the issuer, whose tokens lie in EdgeKV; change it';
  return [problem(['secrets', 'vault', 'audience'], 'the audience of ingest', expected)];
}

function checkViews({ principals, streams }: ConfigSections): readonly string[] {
  const taken = new Set([...RESERVED_RELATIONS, ...Object.values(streams).map(({ table }) => table)]);
  return Object.values(principals).flatMap((principal) =>
    readableRelations(principal, streams).flatMap(({ relation, filter }) => {
      if (filter === undefined) return [];
      const clash = taken.has(relation);
      taken.add(relation);
      const expected = 'a view name that nothing else has; rename the principal or the stream';
      return clash
        ? [problem(['principals', principal.name], `a row filter whose view is "${relation}"`, expected)]
        : [];
    }),
  );
}
