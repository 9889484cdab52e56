import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import { config } from '#config';
import { addStacks } from '../../cdk/add-stacks.ts';
import type { Explained } from '../../cdk/watch/alarm.ts';
import { listAlarms } from '../../cdk/watch/alarms.ts';
import { listPage } from '../../cdk/watch/page.ts';
import { startDatabase, type TestDatabase } from '../faults/support/start-database.ts';
import { joined, watchTemplate } from './watch/watch-template.ts';
import { WATCHED } from './watch/watched.ts';

const RUNBOOK = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const SECTIONS = new Map(
  RUNBOOK.split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

/** The alarms with the names that the runbook uses. */
const ALARMS = listAlarms(WATCHED);
const EXPLAINED: readonly Explained[] = [listPage(ALARMS, WATCHED), ...ALARMS];
const NAMES = [...new Set(EXPLAINED.map(({ name }) => name))];

describe('the runbook', () => {
  test('has a section for each alarm, and none without an alarm', () => {
    expect([...SECTIONS.keys()].sort()).toEqual([...NAMES].sort());
  });

  test.each(NAMES)('says of %s what it means, what causes it, what to run first and when it is over', (name) => {
    const section = SECTIONS.get(name) ?? '';
    const commands = EXPLAINED.filter((alarm) => alarm.name === name).map(({ firstCommand }) => firstCommand);

    expect(section).toMatch(
      /^\S+\n\n\S[\s\S]+\n\n\*\*Likely\.\*\* [\s\S]+\n\n\*\*First\.\*\* [\s\S]+\n\n\*\*Over\*\* /,
    );
    const first = section.split('**First.**')[1]?.split('```')[1] ?? '';
    expect(commands.map((command) => `sh\n${command}\n`)).toContain(first);
  });

  test('is where the alarm says that it is', () => {
    const { alarms, page } = watchTemplate();
    const links = [...alarms, page].map((alarm) => joined(alarm?.AlarmDescription).split('runbook.md#')[1]);

    expect(new Set(links)).toEqual(new Set(SECTIONS.keys()));
  });

  test('links only to sections that exist', () => {
    const targets = [...RUNBOOK.matchAll(/\]\(#([^)]+)\)/g)].map(([, target = '']) => target);

    expect(targets.filter((target) => !SECTIONS.has(target))).toEqual([]);
  });
});

describe('the names that the runbook sets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edgehouse-runbook-'));
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => {};');
  const [primary] = addStacks(new App(), config, 'aws', {
    authorizer: folder,
    ingest: folder,
    issuer: folder,
    replay: folder,
    rotation: folder,
    'password-rotation': folder,
  });
  if (primary === undefined) throw new Error('There is no stack.');
  const template = Template.fromStack(primary);

  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([...RUNBOOK.matchAll(/^(\w+_LOG)=\$\(log (\w+)\)$/gm)].map(([, name, prefix]) => [name, prefix]))(
    '%s is the one log group of the stack that begins with %s',
    (_name, prefix = '') => {
      const groups = Object.keys(template.findResources('AWS::Logs::LogGroup'));

      expect(groups.filter((id) => id.startsWith(prefix))).toHaveLength(1);
    },
  );

  test('are outputs of the stack', () => {
    const outputs = Object.keys(template.findOutputs('*'));
    const named = [...RUNBOOK.matchAll(/\(output (\w+)\)/g)].map(([, name = '']) => name);

    expect(named.length).toBeGreaterThan(5);
    expect(outputs).toEqual(expect.arrayContaining([...new Set(named)]));
  });
});

describe('on the engine, the runbook', () => {
  const queries = [...RUNBOOK.matchAll(/^```sql\n([\s\S]+?)\n```$/gm)].map(([, query = '']) => query);
  let database: TestDatabase;
  let name = '';

  beforeAll(async () => {
    database = await startDatabase();
    name = await database.migrateNew(config.streams);
  });
  afterAll(() => database.stop());

  test('has queries', () => {
    expect(queries.length).toBeGreaterThan(4);
  });

  // The embedded engine has no cluster and no query log.
  const runnable = queries.filter((query) => !query.includes('system.query_log'));
  test.each(runnable)('asks a question that ClickHouse understands: %s', async (query) => {
    const answer = await database.admin.query({ query: query.replaceAll('edgehouse.', `${name}.`), format: 'JSON' });

    expect(await answer.json()).toHaveProperty('meta');
  });
});
