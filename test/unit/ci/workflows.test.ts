import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = '.github/workflows';
const PAGE = 'docs/deploy-from-github.md';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Those that GitHub runs here, and those that the docs give to copy. */
const WORKFLOWS: readonly (readonly [name: string, text: string])[] = [
  ...readdirSync(join(ROOT, FOLDER)).map((file) => [file, read(`${FOLDER}/${file}`)] as const),
  ...[...read(PAGE).matchAll(/^```yaml\n([\s\S]+?)\n```$/gm)].map(([, text = '']) => [PAGE, text] as const),
];
const CI = read(`${FOLDER}/ci.yml`);

/** The lines of a member at the start of a line, without it. */
function section(text: string, member: string): readonly string[] {
  const [, body = ''] = new RegExp(`^${member}:(.*\\n(?: +.*\\n|\\n)*)`, 'm').exec(`${text}\n`) ?? [];
  return body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe.each(WORKFLOWS)('the workflow of %s', (_name, text) => {
  const uses = [...text.matchAll(/^\s*- uses: (.*)$/gm)].map(([, used = '']) => used);

  test('takes every action by the commit of a release that it names', () => {
    expect(uses.length).toBeGreaterThan(0);
    expect(text.match(/\buses:/g)).toHaveLength(uses.length);
    for (const used of uses) expect(used).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('leaves no credentials of the repository behind', () => {
    const checkouts = uses.filter((used) => used.startsWith('actions/checkout@'));

    expect(checkouts).toHaveLength(1);
    expect(text.match(/^ +persist-credentials: false$/gm)).toHaveLength(checkouts.length);
  });

  test('ends by itself, and does not run beside itself', () => {
    expect(text).toMatch(/^ +timeout-minutes: \d+$/m);
    expect(section(text, 'concurrency').join('\n')).toMatch(/^group: \S+/);
  });

  test('puts nothing that others write into a command', () => {
    const commands = text.match(/^ +(- )?run: .*$(\n {8,}.*$)*/gm) ?? [];

    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).not.toContain('${{');
    expect(text).not.toContain('pull_request_target');
  });
});

test('one action is taken by one commit everywhere', () => {
  const uses = WORKFLOWS.flatMap(([, text]) => [...text.matchAll(/uses: (([^@]+)@.*)$/gm)]);
  const actions = new Set(uses.map(([, , action]) => action));

  expect(new Set(uses.map(([, used]) => used)).size).toBe(actions.size);
});

describe('continuous integration', () => {
  test('may read the repository, and nothing else', () => {
    expect(section(CI, 'permissions')).toEqual(['contents: read']);
    expect(CI.match(/permissions:/g)).toHaveLength(1);
    expect(CI).not.toContain('secrets.');
  });

  test('runs what everybody can run, and nothing else', () => {
    expect([...CI.matchAll(/\brun: (.*)$/gm)].map(([, command]) => command)).toEqual(['.ci/run']);
  });

  test('has time for what CI takes here', () => {
    expect(section(CI, 'jobs')).toContain('timeout-minutes: 90');
  });
});

describe('the workflow that deploys', () => {
  const [, deploy = ''] = WORKFLOWS.find(([name]) => name === PAGE) ?? [];

  test('may get a token of its own, and nothing by default', () => {
    expect(section(deploy, 'permissions')).toEqual(['{}']);
    expect(/^ {4}permissions:\n((?: {6}.*\n)+)/m.exec(deploy)?.[1]).toBe(
      '      contents: read\n      id-token: write\n',
    );
  });

  test('has the environment on which the role depends, and no lasting secret', () => {
    expect(deploy).toMatch(/^ {4}environment: production$/m);
    expect(deploy).not.toContain('secrets.');
    expect(deploy).not.toMatch(/access-key/);
  });
});
