import { decide } from './decide.ts';
import { problem } from './describe-issue.ts';
import type { ConfigSections } from './schema.ts';

/** Runs the config's own `tests` and describes each that gets another answer than it expects. */
export function runPolicyTests({ principals, regions, tests }: ConfigSections): readonly string[] {
  return tests.flatMap((test, index) => {
    const source = test.action === 'write' ? test.source : '';
    const region = (test.action === 'write' ? test.region : undefined) ?? regions[0] ?? '';
    const decision = decide(principals[test.principal], test.action, test.stream, source, region);
    const answer = decision.allowed ? 'allow' : 'deny';
    if (answer === test.expect) return [];
    const from = test.action === 'write' ? ` from ${source} in ${region}` : '';
    const question = `${test.principal} ${test.action} ${test.stream}${from}`;
    return [
      problem(
        ['tests', index],
        `${question}: ${answer} by ${decision.rule}`,
        `${test.expect}; change the rule or the test`,
      ),
    ];
  });
}
