import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { listUnproved } from '../deploy/support/unproved.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/check-on-aws.md', import.meta.url)), 'utf8');
const [INTRODUCTION = '', ...PARTS] = PAGE.split(/^## /m);
/** Those that are named as the emulator's page names them; others, in words, are about all of them. */
const SECTIONS = new Map(
  PARTS.map((part) => [part.slice(0, part.indexOf('\n')), part] as const).filter(([name]) => /^[a-z-]+$/.test(name)),
);
const minutesOf = (section: string) => Number(/^\*\*Takes\*\* (\d+) min, \S/m.exec(section)?.[1]);

describe('the page on what to check on AWS', () => {
  test('has a section for each thing that the emulator does not show, and none besides', async () => {
    const linked = new Set((await listUnproved()).map(({ section }) => section));

    expect(linked.size).toBeGreaterThan(10);
    expect([...SECTIONS.keys()].toSorted()).toEqual([...linked].toSorted());
  });

  test.each([...SECTIONS])('says of %s what to run, what has to be seen, and what it takes', (_name, section) => {
    expect(section).toMatch(/^\S+\n\n\S[\s\S]+\n```sh\n[\s\S]+\n```\n[\s\S]*\*\*Expect\*\* [\s\S]+\n\n\*\*Takes\*\* /);
    expect(minutesOf(section)).toBeGreaterThan(0);
  });

  test('can be done in the sitting that it promises', () => {
    const minutes = [...SECTIONS.values()].reduce((sum, section) => sum + minutesOf(section), 0);

    expect(INTRODUCTION).toContain('about three hours');
    expect(minutes).toBeGreaterThan(140);
    expect(minutes).toBeLessThanOrEqual(180);
  });
});
