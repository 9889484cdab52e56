import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EVERY_PRESET, IN_PRODUCTION, THREE_REGIONS } from './support/every-preset.ts';
import { inRegions, type Synthesized, synthesize } from './support/synthesize.ts';

const GUIDE = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');

/** The names in the first column of the guide's table of outputs. */
const TOLD = [...tableOf(GUIDE, 'output').matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name);

/** Without those that CDK makes for the stacks of other regions. */
const namesOf = ({ outputs }: Synthesized) => Object.keys(outputs).filter((name) => !name.startsWith('PublishOutput'));

describe('the outputs', () => {
  const everywhere = EVERY_PRESET.flatMap(([, stacks]) => stacks).flatMap(namesOf);

  test('of every stack are all in the table of docs/deploy.md', () => {
    expect([...new Set(everywhere)].filter((name) => !TOLD.includes(name))).toEqual([]);
  });

  test('in the table of docs/deploy.md are there, each once', () => {
    const there = new Set(everywhere);

    expect(TOLD.length).toBeGreaterThan(10);
    expect(TOLD.filter((name) => !there.has(name))).toEqual([]);
    expect(new Set(TOLD).size).toBe(TOLD.length);
  });

  test('that commands of docs/deploy.md read are there', () => {
    const read = [...GUIDE.matchAll(/(?:OutputKey==['`"]+|\.outputs?\.|output )([A-Z][A-Za-z]+)/g)].map(
      ([, name = '']) => name,
    );

    expect(read.filter((name) => !everywhere.includes(name))).toEqual([]);
  });

  test('of one region are those of the first of three, but for what only the others read', () => {
    const [one] = synthesize();
    const [first, ...others] = synthesize({ config: inRegions(...THREE_REGIONS) });

    expect(namesOf(first)).toEqual(namesOf(one));
    for (const other of others) {
      expect(namesOf(other)).toEqual(namesOf(first).filter((name) => !ONLY_PRIMARY.test(name)));
      expect(namesOf(other).length).toBeGreaterThan(5);
    }
  });

  test('say what they are for', () => {
    const described: [string, string | undefined][] = [];
    synthesize({
      config: IN_PRODUCTION,
      prepare: (_app, stacks) => {
        for (const output of stacks.flatMap((stack) => stack.node.children)) {
          if ('description' in output && 'exportName' in output)
            described.push([output.node.id, String(output.description)]);
        }
      },
    });

    expect(described.length).toBeGreaterThan(10);
    expect(described.filter(([, text = '']) => text.length < 8)).toEqual([]);
  });
});

/** What only the first region has: the issuer, the rotation, and the shared secrets. */
const ONLY_PRIMARY = /^(Issuer|Refresh|PasswordRotation|(Writer|Inspector|Admin|EdgeGrid|SigningMaster|Reader)Secret)/;

/** First column of the table whose first heading it is, row by row. */
function tableOf(text: string, heading: string): string {
  const rows = text.split('\n');
  const from = rows.findIndex((row) => new RegExp(`^\\| ${heading} +\\|`).test(row));
  if (from === -1) throw new Error(`docs/deploy.md has no table that begins with ${heading}.`);
  const to = rows.findIndex((row, at) => at > from && !row.startsWith('|'));
  return rows
    .slice(from, to)
    .map((row) => row.split('|')[1])
    .join('\n');
}
