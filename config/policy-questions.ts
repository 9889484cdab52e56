import { fits } from './decide.ts';
import type { AllowRule, ConfigSections, DenyRule, Principal } from './schema.ts';
import { SYSTEM_VIEWS } from './system-views.ts';

/** One question to a principal's rules, and the indexes of the rules that speak of it. */
export interface PolicyQuestion {
  readonly action: 'write' | 'read';
  readonly stream: string;
  readonly allow: readonly number[];
  readonly deny: readonly number[];
}

// No source of the config has a blank in it, so below a prefix this is a source that no other pattern names.
const UNNAMED = ' ';

/**
 * Questions that stand for all there are: two that no rule of this principal tells apart are one. A source is named exactly by a
 * pattern, or it lies below the longest prefix that covers it and is like any other there, or no pattern knows it.
 */
export function policyQuestions(
  { allow, deny }: Principal,
  { streams, regions }: Pick<ConfigSections, 'streams' | 'regions'>,
): readonly PolicyQuestion[] {
  const names = Object.keys(streams);
  const ask = (action: 'write' | 'read', stream: string, source: string, region: string): PolicyQuestion => {
    const speaking = (rules: readonly (AllowRule | DenyRule)[]) =>
      rules.flatMap((rule, index) => (fits(rule, action, stream, source, region) ? [index] : []));
    return { action, stream, allow: speaking(allow), deny: speaking(deny) };
  };
  const sources = [...new Set([...allow, ...deny].flatMap(patternsOf).map(sourceOf)), UNNAMED];
  return [
    ...[...names, ...SYSTEM_VIEWS].map((stream) => ask('read', stream, '', '')),
    ...names.flatMap((stream) =>
      sources.flatMap((source) => regions.map((region) => ask('write', stream, source, region))),
    ),
  ];
}

function patternsOf(rule: AllowRule | DenyRule): readonly string[] {
  return 'read' in rule ? [] : (rule.sources ?? []);
}

function sourceOf(pattern: string): string {
  return pattern.endsWith('/*') ? `${pattern.slice(0, -1)}${UNNAMED}` : pattern;
}
