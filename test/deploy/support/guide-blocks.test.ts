import { describe, expect, test } from '@jest/globals';
import { guideBlocks } from './guide-blocks.ts';

describe('the commands of a guide', () => {
  test('are those between its fences, each under its heading, with who alone can run them', () => {
    const guide = [
      '# Guide',
      '## One',
      'Say:',
      '```sh',
      '# no heading',
      'one',
      '```',
      '```sh akamai key',
      'two',
      '```',
    ];

    expect(guideBlocks(guide.join('\n'))).toEqual([
      { section: 'One', elsewhere: undefined, text: '# no heading\none' },
      { section: 'One', elsewhere: 'akamai key', text: 'two' },
    ]);
  });

  test('are refused where a fence does not say that they are commands', () => {
    expect(() => guideBlocks('## One\n```\none\n```')).toThrow('"One": a fence must say sh, seen: nothing');
  });
});
