import { describe, expect, test } from '@jest/globals';
import { inRegions, type Synthesized, synthesize } from './support/synthesize.ts';

/** Have tests of their own, and change with every word of a runbook. */
const ELSEWHERE = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard'];
/** Has a test of its own, and is the same of every log group. */
const PROTECTION = 'DataProtectionPolicy';

const [primary, other] = synthesize({ config: inRegions('us-east-1', 'eu-west-1') });
if (other === undefined) throw new Error('The second region has no stack.');

/** What a change of the library or of ours changes, without the hashes that change with every build. */
function masked({ resources, outputs }: Synthesized): unknown {
  const shown = resources
    .filter(({ type }) => !ELSEWHERE.includes(type))
    .map(({ path, type, properties: { [PROTECTION]: _, ...properties } }) => [`${path} (${type})`, properties]);
  const text = JSON.stringify({ resources: Object.fromEntries(shown), outputs });
  return JSON.parse(text.replaceAll(/[0-9a-f]{64}\.zip/g, '<hash>.zip'));
}

describe('the template', () => {
  test.each([primary, other])('of $name is the one that was looked at last', (stack) => {
    expect(masked(stack)).toMatchSnapshot();
  });

  test('has resources of every part, and room to grow', () => {
    expect(primary.resources.length).toBeGreaterThan(70);
    // CloudFormation takes 500 in a stack.
    expect(primary.resources.length).toBeLessThan(400);
  });
});
