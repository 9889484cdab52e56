import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, mayWriteAny } from '../../../config/decide.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import type { AllowRule, DenyRule, Principal } from '../../../config/schema.ts';

function principal(allow: readonly AllowRule[], deny: readonly DenyRule[] = []): Principal {
  return { name: 'p', claims: { sub: 'ew:1' }, require: 'token', allow, deny };
}

const edge = principal([{ write: ['web'], sources: ['ew/1/*', 'batch-job'], trust: 'edge' }]);

describe('decide', () => {
  test.each([
    ['ew/1/1.0.0', true],
    ['ew/1/1.0.0/x', true],
    ['ew/1/*', true],
    ['batch-job', true],
    ['ew/1/', false],
    ['ew/1', false],
    ['ew/12/1.0.0', false],
    ['EW/1/1.0.0', false],
    ['batch-job/x', false],
    ['', false],
  ])('a batch from %j is taken: %s', (source, allowed) => {
    expect(decide(edge, 'write', 'web', source, 'us-east-1').allowed).toBe(allowed);
  });

  test('names the rule that allowed and the trust it gives', () => {
    expect(decide(edge, 'write', 'web', 'batch-job', 'us-east-1')).toEqual({
      allowed: true,
      rule: 'p.allow[0]',
      trust: 'edge',
    });
  });

  test('a deny beats every allow and is named', () => {
    const denied = principal(edge.allow, [{ read: ['web'] }, { write: ['*'], sources: ['ew/1/0.9.0'] }]);

    expect(decide(denied, 'write', 'web', 'ew/1/0.9.0', 'us-east-1')).toEqual({ allowed: false, rule: 'p.deny[1]' });
    expect(decide(denied, 'write', 'web', 'ew/1/1.0.0', 'us-east-1').allowed).toBe(true);
  });

  test('a rule for some regions says nothing about the others', () => {
    const regional = principal([{ write: ['web'], sources: ['s'], regions: ['eu-west-1'], trust: 'client' }]);

    expect(decide(regional, 'write', 'web', 's', 'eu-west-1').allowed).toBe(true);
    expect(decide(regional, 'write', 'web', 's', 'us-east-1')).toEqual({ allowed: false, rule: 'default' });
  });

  test('who is unknown may do nothing', () => {
    expect(decide(undefined, 'write', 'web', 's', 'us-east-1')).toEqual({ allowed: false, rule: 'default' });
    expect(mayWriteAny(undefined)).toBe(false);
  });

  test('a right to read is no right to write', () => {
    const reader = principal([{ read: ['web'] }]);

    expect(decide(reader, 'read', 'web', '', '')).toMatchObject({ allowed: true, rule: 'p.allow[0]' });
    expect(decide(reader, 'write', 'web', 's', 'us-east-1').allowed).toBe(false);
    expect(mayWriteAny(reader)).toBe(false);
    expect(mayWriteAny(edge)).toBe(true);
  });
});

// An independent judge of the same rules: it lists what a rule covers, rather than asking the rule.
const STREAMS = ['a', 'b'];
const SOURCES = ['x', 'x/1', 'x/1/2', 'y', 'y/1'];
const REGIONS = ['eu-west-1', 'us-east-1'];

function covered(rule: AllowRule | DenyRule): ReadonlySet<string> {
  if ('read' in rule) return new Set(rule.read.map((stream) => `read ${stream}`));
  const streams = rule.write.includes('*') ? STREAMS : rule.write;
  const sources = (rule.sources ?? SOURCES).flatMap((pattern) => {
    const parts = pattern.split('/');
    if (parts.at(-1) !== '*') return [pattern];
    return SOURCES.filter((source) => {
      const given = source.split('/');
      return given.length >= parts.length && parts.slice(0, -1).every((part, at) => part === given[at]);
    });
  });
  return new Set(
    streams.flatMap((stream) =>
      sources.flatMap((source) => (rule.regions ?? REGIONS).map((region) => `write ${stream} ${source} ${region}`)),
    ),
  );
}

function judge(who: Principal, question: string): string {
  const denying = who.deny.findIndex((rule) => covered(rule).has(question));
  if (denying >= 0) return `p.deny[${denying}]`;
  const allowing = who.allow.findIndex((rule) => covered(rule).has(question));
  return allowing >= 0 ? `p.allow[${allowing}]` : 'default';
}

const some = (names: readonly string[]) => fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
const patterns = some([...SOURCES, 'x/*', 'x/1/*', 'y/*']);
const allowRules = fc.array(
  fc.oneof(
    fc
      .tuple(
        some(STREAMS),
        patterns,
        fc.constantFrom('edge' as const, 'client' as const),
        fc.record({ regions: some(REGIONS) }, { requiredKeys: [] }),
      )
      .map(([write, sources, trust, regions]) => ({ write, sources, trust, ...regions })),
    fc.record({ read: some([...STREAMS, 'batches']) }),
  ),
  { maxLength: 3 },
);
const denyRules = fc.array(
  fc.oneof(
    fc
      .tuple(some([...STREAMS, '*']), fc.record({ sources: patterns, regions: some(REGIONS) }, { requiredKeys: [] }))
      .map(([write, rest]) => ({ write, ...rest })),
    fc.record({ read: some([...STREAMS, 'batches']) }),
  ),
  { maxLength: 3 },
);

describe('decide, against an independent judge', () => {
  test('every question about every policy gets the same answer by the same rule', () => {
    fc.assert(
      fc.property(allowRules, denyRules, (allow, deny) => {
        const who = principal(allow, deny);
        for (const stream of STREAMS) {
          for (const source of SOURCES) {
            for (const region of REGIONS) {
              const decision = decide(who, 'write', stream, source, region);
              expect(decision.rule).toBe(judge(who, `write ${stream} ${source} ${region}`));
              expect(decision.allowed).toBe(decision.rule.includes('allow'));
            }
          }
          expect(decide(who, 'read', stream, '', '').rule).toBe(judge(who, `read ${stream}`));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('every such policy is one that the config takes as it is written', () => {
    fc.assert(
      fc.property(allowRules, denyRules, (allow, deny) => {
        const config = parseConfig({
          regions: REGIONS,
          streams: { a: {}, b: {} },
          principals: { p: { claims: { sub: 'ew:1' }, allow, deny } },
        });

        expect(config.principals['p']).toEqual(principal(allow, deny));
      }),
    );
  });
});
