import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkPolicy } from '../../../config/check-policy.ts';
import { type Action, decide, denyingRule } from '../../../config/decide.ts';
import { loadConfig } from '../../../config/load-config.ts';
import { config as shipped } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import type { Config } from '../../../config/schema.ts';

const write = (...sources: string[]) => ({ write: ['web'], sources });

/** What is wrong with a policy whose stream `web` somebody else may write. */
function problemsOf(principal: object, others: object = {}): readonly string[] {
  const other = { claims: { sub: 'ew:999', iss: 'https://other.example', scope: 'other' }, allow: [write('ew/999/*')] };
  const principals = { p: { claims: { sub: 'ew:1' }, ...principal }, other };
  return checkPolicy(parseConfig({ streams: { web: {} }, principals, ...others }));
}

describe('a policy that is not what its author believes', () => {
  test('is not the shipped one', () => {
    expect(checkPolicy(shipped)).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      'an allow rule that a deny covers',
      { allow: [write('ew/1/*', 'job')], deny: [{ write: ['web'] }] },
      'principals.p.allow[0]: write web from ew/1/*, job, which deny[0] covers → a rule that allows more; remove it and keep the deny, which stops what waits in the spool too',
    ],
    [
      'an allow rule that two denies cover together',
      { allow: [write('ew/1/*', 'job')], deny: [write('job'), { write: ['*'], sources: ['ew/*'] }] },
      'principals.p.allow[0]: write web from ew/1/*, job, which deny[0] and deny[1] covers',
    ],
    [
      'a read that a deny takes back',
      { allow: [{ read: ['web'] }], deny: [{ read: ['web', 'batches'] }] },
      'principals.p.allow[0]: read web, which deny[0] covers → a rule that allows more; remove it and the deny',
    ],
    [
      'the same rule twice',
      { allow: [write('ew/1/*'), write('ew/1/*')] },
      'principals.p.allow[1]: write web from ew/1/*, which allow[0] covers → a rule that allows more; remove it',
    ],
    [
      'a narrow rule behind a wide one',
      { allow: [write('ew/1/*'), write('ew/1/2/*', 'ew/1/3')] },
      'principals.p.allow[1]: write web from ew/1/2/*, ew/1/3, which allow[0] covers',
    ],
    [
      'a narrow rule before a wide one of the same trust',
      { allow: [write('ew/1/3'), write('ew/1/*')] },
      'principals.p.allow[0]: write web from ew/1/3, which allow[1] covers',
    ],
    [
      'a deny beside what is allowed',
      { allow: [write('ew/1/*')], deny: [write('ew/12/0.9.0')] },
      'principals.p.deny[0]: write web from ew/12/0.9.0 → a rule that bars what an allow rule gives; correct what it names, or remove it',
    ],
    [
      'a deny to read what is not given',
      { allow: [write('ew/1/*')], deny: [{ read: ['batches'] }] },
      'principals.p.deny[0]: read batches → a rule that bars what an allow rule gives',
    ],
    [
      'a deny that another covers',
      { allow: [write('ew/1/*')], deny: [write('ew/1/2'), { write: ['*'], sources: ['ew/1/2', 'ew/1/3'] }] },
      'principals.p.deny[0]: write web from ew/1/2, which deny[1] covers → a rule that denies more; remove it',
    ],
    [
      'claims that every token of the issuer has',
      { claims: { iss: 'https://idp.example', aud: 'api' } },
      'principals.p.claims: nothing but iss, aud → a claim that its tokens alone have',
    ],
    [
      'a scope as the only claim',
      { claims: { scope: 'ingest' } },
      'principals.p.claims: nothing but scope → a claim that its tokens alone have',
    ],
    [
      'a claim that every token of an application has',
      { claims: { scope: 'ingest', idtyp: 'app', azpacr: '1' } },
      'principals.p.claims: nothing but scope, idtyp, azpacr → a claim that its tokens alone have',
    ],
    [
      'a pattern for a claim',
      { claims: { sub: 'ew:*' } },
      'principals.p.claims.sub: "ew:*" → an exact value, for no pattern is read here; write it out',
    ],
    [
      'the sources of every EdgeWorker',
      { allow: [write('job', 'ew/*')] },
      'principals.p.allow[0].sources[1]: "ew/*" → the sources of one EdgeWorker: it could pass for any other; write ew/<EdgeWorker id>/*',
    ],
  ])('%s is told with its path, what stands there and the way out', (_what, principal, text) => {
    expect(problemsOf(principal)).toEqual([expect.stringContaining(text)]);
  });

  test.each<[string, object]>([
    ['no rule at all', {}],
    ['rules that overlap in part', { allow: [write('ew/1/*', 'job'), write('job', 'other-job')] }],
    [
      'a narrow rule before a wide one of another trust',
      { allow: [{ ...write('ew/1/3'), trust: 'edge' }, write('ew/1/*')] },
    ],
    ['a deny within what is allowed', { allow: [write('ew/1/*')], deny: [write('ew/1/0.9.0')] }],
    ['a deny on a stream that it may no longer write: it stops what is spooled', { deny: [{ write: ['*'] }] }],
    ['a claim of its own beside shared ones', { claims: { iss: 'https://idp.example', client_id: 'x' } }],
    ['a revocation of all its tokens', { allow: [write('ew/1/*')], revokedBefore: '2999-01-01T00:00:00Z' }],
  ])('%s makes sense', (_what, principal) => {
    expect(problemsOf(principal)).toEqual([]);
  });

  test('a rule for a region that another rule does not reach makes sense', () => {
    const regions = ['us-east-1', 'eu-west-1'];
    const allow = [{ ...write('ew/1/*'), regions: ['us-east-1'] }, write('ew/1/*')];

    expect(problemsOf({ allow: allow.toReversed() }, { regions })).toEqual([
      expect.stringContaining('principals.p.allow[1]: write web from ew/1/* in us-east-1, which allow[0] covers'),
    ]);
    expect(problemsOf({ allow: [allow[0], { ...allow[1], trust: 'edge' }] }, { regions })).toEqual([]);
  });

  test('a stream that nobody may write, or somebody only where a deny stands, is told', () => {
    const claims = { sub: 'ew:1' };
    const config = parseConfig({
      streams: { read_only: {}, barred: {}, web: {} },
      principals: {
        p: {
          claims,
          allow: [{ write: ['web', 'barred'], sources: ['job'] }, { read: ['read_only'] }],
          deny: [{ write: ['barred'] }],
        },
      },
    });

    expect(checkPolicy(config)).toEqual([
      'streams.read_only: nobody who may write it → a principal that may; allow one, or remove the stream',
      'streams.barred: nobody who may write it → a principal that may; allow one, or remove the stream',
    ]);
  });

  test('stops whatever reads the config, with every problem at once', () => {
    const load = () => loadConfig({ streams: { web: {}, other: {} } });

    expect(load).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        problems: [expect.stringMatching(/^streams\.web/), expect.stringMatching(/^streams\.other/)],
      }),
    );
  });
});

// Sources that show every difference between two of these patterns.
const PATTERNS = ['x', 'x/*', 'x/1', 'x/1/*', 'y/*', 'y/1'];
const SOURCES = ['x', 'x/1', 'x/2', 'x/1/1', 'x/1/2', 'y/1', 'y/2', 'z'];
const STREAMS = ['a', 'b'];
const REGIONS = ['eu-west-1', 'us-east-1'];

const some = (names: readonly string[]) => fc.subarray([...names], { minLength: 1, maxLength: 2 });
const regions = fc.record({ regions: some(REGIONS) }, { requiredKeys: [] });
const allowRule = fc.oneof(
  fc
    .tuple(
      fc.record({ write: some(STREAMS), sources: some(PATTERNS), trust: fc.constantFrom('edge', 'client') }),
      regions,
    )
    .map(([rule, where]) => ({ ...rule, ...where })),
  fc.record({ read: some([...STREAMS, 'batches']) }),
);
const denyRule = fc.oneof(
  fc
    .tuple(some([...STREAMS, '*']), fc.record({ sources: some(PATTERNS) }, { requiredKeys: [] }), regions)
    .map(([write, from, where]) => ({ write, ...from, ...where })),
  fc.record({ read: some([...STREAMS, 'batches']) }),
);
const rules = fc.record({ allow: fc.array(allowRule, { maxLength: 4 }), deny: fc.array(denyRule, { maxLength: 3 }) });

function policyOf(given: { readonly allow: readonly object[]; readonly deny: readonly object[] }): Config {
  const edge = { claims: { sub: 'z' }, allow: [{ write: STREAMS, sources: ['z/1'] }] };
  return parseConfig({
    regions: REGIONS,
    streams: { a: {}, b: {} },
    principals: { p: { claims: { sub: 'p' }, ...given }, edge },
  });
}

/** Every answer that the policy has for its principal `p`. */
function answersOf({ principals }: Config): string {
  return everyQuestion((...question) => {
    const decision = decide(principals['p'], ...question);
    return decision.allowed ? decision.trust : 'no';
  });
}

/** Everything that its deny rules speak of. */
function barsOf({ principals: { p } }: Config): string {
  return everyQuestion((...question) => (p === undefined || denyingRule(p, ...question) === undefined ? '' : 'barred'));
}

function everyQuestion(answer: (action: Action, stream: string, source: string, region: string) => string): string {
  const writes = STREAMS.flatMap((stream) =>
    SOURCES.flatMap((source) => REGIONS.map((region) => answer('write', stream, source, region))),
  );
  return [...writes, ...[...STREAMS, 'batches'].map((stream) => answer('read', stream, '', ''))].join();
}

/** The rules of `p` that were told, as `allow[0]`. */
function told(config: Config): readonly string[] {
  return checkPolicy(config).map((text) => /^principals\.p\.((?:allow|deny)\[\d+\])/.exec(text)?.[1] ?? text);
}

function without(
  { allow, deny }: { readonly allow: readonly object[]; readonly deny: readonly object[] },
  names: readonly string[],
) {
  const left = (kind: string, list: readonly object[]) =>
    list.filter((_, index) => !names.includes(`${kind}[${index}]`));
  return { allow: left('allow', allow), deny: left('deny', deny) };
}

describe('of any policy', () => {
  test('the rules that are told can all be taken out at once, and no answer changes', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const config = policyOf(given);

        const left = policyOf(without(given, told(config)));

        expect(answersOf(left)).toBe(answersOf(config));
      }),
      { numRuns: 2_000 },
    );
  });

  test('each rule that is not told is missed when it alone is taken out', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const kept = without(given, told(policyOf(given)));
        const config = policyOf(kept);
        // What is left may lose sense anew: a deny whose allow is gone.
        fc.pre(told(config).length === 0);
        const lacking = (name: string) => policyOf(without(kept, [name]));

        for (const index of kept.allow.keys())
          expect(answersOf(lacking(`allow[${index}]`))).not.toBe(answersOf(config));
        // A deny also works on what was allowed once and is spooled.
        for (const index of kept.deny.keys()) expect(barsOf(lacking(`deny[${index}]`))).not.toBe(barsOf(config));
      }),
      { numRuns: 2_000 },
    );
  });
});
