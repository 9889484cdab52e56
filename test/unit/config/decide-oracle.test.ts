import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Action, type Decision, decide } from '../../../config/decide.ts';
import type { AllowRule, DenyRule, Principal } from '../../../config/schema.ts';

const ROUNDS = 100_000;
const STREAMS = ['a', 'ab', 'b', 'batches'];
const REGIONS = ['eu-west-1', 'us-east-1'];
const PATTERNS = ['ew/1/*', 'ew/1/1.0', 'ew/11/*', 'ew/*', 'ew/1', 'E.w/1/*', 'job', 'job/*', 'a+b/*'];
/** Beside what patterns name exactly: their edges, other cases and what a regular expression or a path would take for the same. */
const SOURCES = [
  ...PATTERNS,
  ...PATTERNS.map((pattern) => pattern.replace('*', '1.0')),
  ...PATTERNS.map((pattern) => pattern.replace('/*', '')),
  ...[
    '',
    '/',
    'ew/1/',
    'ew/1/1.0/x',
    'EW/1/1.0',
    'Exw/1/1',
    'aab/x',
    'job/\n',
    'ew/../ew/1/1.0',
    'ew/1/é',
    ' ew/1/1.0',
  ],
];

// The independent matcher: regular expressions and a list of every rule that fits, where `decide` walks and returns.
function matcherOf(pattern: string): RegExp {
  const literal = pattern
    .replace(/\/\*$/, '/')
    .replaceAll(/[^\w/]/g, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return new RegExp(pattern.endsWith('/*') ? `^${literal}.+$` : `^${literal}$`, 'su');
}
const MATCHERS = new Map(PATTERNS.map((pattern) => [pattern, matcherOf(pattern)]));

interface Asked {
  readonly action: Action;
  readonly stream: string;
  readonly source: string;
  readonly region: string;
}

function speaksOf(rule: AllowRule | DenyRule, asked: Asked): boolean {
  if (asked.action === 'read') return 'read' in rule && new Set(rule.read).has(asked.stream);
  if (!('write' in rule)) return false;
  const stream = rule.write.filter((name) => name === asked.stream || name === '*').length > 0;
  const source = (rule.sources ?? []).filter((pattern) => MATCHERS.get(pattern)?.test(asked.source)).length > 0;
  const region = (rule.regions ?? []).indexOf(asked.region) >= 0;
  return stream && (source || rule.sources === undefined) && (region || rule.regions === undefined);
}

function judge(who: Principal | undefined, asked: Asked): Decision {
  const fitting = (kind: 'allow' | 'deny') =>
    Object.entries(who?.[kind] ?? []).filter(([, rule]) => speaksOf(rule, asked));
  const [[denied] = []] = fitting('deny');
  const [[allowed, rule] = []] = fitting('allow');
  if (denied !== undefined) return { allowed: false, rule: `${who?.name}.deny[${denied}]` };
  if (allowed === undefined || rule === undefined) return { allowed: false, rule: 'default' };
  const trust = 'trust' in rule && rule.trust === 'edge' ? 'edge' : 'client';
  return { allowed: true, rule: `${who?.name}.allow[${allowed}]`, trust };
}

const some = <T>(values: readonly T[]) =>
  fc.subarray([...values], { minLength: 1, maxLength: Math.min(3, values.length) });
const optional = { requiredKeys: [] };
const allowRule: fc.Arbitrary<AllowRule> = fc.oneof(
  fc
    .tuple(
      fc.record({
        write: some(STREAMS),
        sources: some(PATTERNS),
        trust: fc.constantFrom('edge' as const, 'client' as const),
      }),
      fc.record({ regions: some(REGIONS) }, optional),
    )
    .map(([rule, regions]) => ({ ...rule, ...regions })),
  fc.record({ read: some(STREAMS) }),
);
const denyRule: fc.Arbitrary<DenyRule> = fc.oneof(
  fc
    .tuple(some([...STREAMS, '*']), fc.record({ sources: some(PATTERNS), regions: some(REGIONS) }, optional))
    .map(([write, rest]) => ({ write, ...rest })),
  fc.record({ read: some(STREAMS) }),
);
const principal: fc.Arbitrary<Principal | undefined> = fc.option(
  fc.record({
    name: fc.constantFrom('p', 'constructor'),
    require: fc.constant('token' as const),
    allow: fc.array(allowRule, { minLength: 1, maxLength: 4 }),
    deny: fc.array(denyRule, { maxLength: 2 }),
  }),
  { nil: undefined, freq: 50 },
);
const asked: fc.Arbitrary<Asked> = fc.record({
  action: fc.constantFrom('write' as const, 'write' as const, 'read' as const),
  stream: fc.constantFrom(...STREAMS, ...STREAMS, 'c', '*', '', '__proto__', 'constructor'),
  source: fc.oneof(fc.constantFrom('ew/1/1.0', 'ew/11/1.0', 'job/x', 'a+b/x'), fc.constantFrom(...SOURCES)),
  region: fc.constantFrom(...REGIONS, ...REGIONS, 'ap-south-1', ''),
});

test(`${ROUNDS} random policies and requests: decide and a matcher that shares nothing with it agree on answer, rule and trust`, () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const answers = new Map<string, number>();

  fc.assert(
    fc.property(principal, asked, (who, request) => {
      const decision = decide(who, request.action, request.stream, request.source, request.region);

      expect(decision).toEqual(judge(who, request));
      const kind = decision.allowed ? decision.trust : decision.rule.replace(/.*deny.*/, 'deny');
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }),
    { numRuns: ROUNDS, seed },
  );

  process.stdout.write(
    `decide: ${ROUNDS} policies and requests, seed ${seed}: ${JSON.stringify(Object.fromEntries(answers))}\n`,
  );
  // Every kind of answer is often met, or agreement would mean little.
  for (const kind of ['edge', 'client', 'deny', 'default']) expect(answers.get(kind)).toBeGreaterThan(ROUNDS / 100);
}, 60_000);
