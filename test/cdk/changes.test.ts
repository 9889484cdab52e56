import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import type { Input } from './support/changed-configs.ts';
import { ELSEWHERE } from './support/changes-elsewhere.ts';
import { CHANGES } from './support/changes-in-template.ts';
import { configKeys } from './support/config-keys.ts';
import { diffStacks } from './support/diff-templates.ts';
import { type Synthesized, synthesize } from './support/synthesize.ts';

// What a change of the config changes in the templates, key by key, and nothing else. Not the functions' code: each bundle holds the whole
// config (test/cdk/bundles.test.ts), so a deploy updates all of them whatever has changed.

describe('a change of the config changes the templates only where it should', () => {
  test.each(Object.entries(CHANGES))('%s', (_what, { from = userConfig, to, changes }) => {
    expect(diffStacks(stacksOf(from), stacksOf(to))).toEqual(changes);
  });

  test.each(Object.entries(ELSEWHERE))('not at all: %s', (_what, { from = userConfig, to }) => {
    expect(parseConfig(to)).not.toEqual(parseConfig(from));
    expect(diffStacks(stacksOf(from), stacksOf(to))).toEqual([]);
  });

  test('every key of the config is one of these', () => {
    const told = [...Object.values(CHANGES), ...Object.values(ELSEWHERE)].flatMap(({ keys }) => keys);
    const covers = (one: string, key: string) => (one.endsWith('…') ? key.startsWith(one.slice(0, -1)) : key === one);

    const [known, keys] = [configKeys(), told];
    expect(known.filter((key) => !keys.some((one) => covers(one, key)))).toEqual([]);
    expect(keys.filter((one) => !known.some((key) => covers(one, key)))).toEqual([]);
  });
});

const synthesized = new Map<string, readonly Synthesized[]>();

function stacksOf(input: Input): readonly Synthesized[] {
  const key = JSON.stringify(input);
  const known = synthesized.get(key) ?? synthesize({ config: parseConfig(input) });
  synthesized.set(key, known);
  return known;
}
