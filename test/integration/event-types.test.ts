import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../../cli/run-cli.ts';
import { requestColumns, responseColumns } from '../../config/edge-columns.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';

let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-event-types-'));
  const accounts = [{ user: 'admin', password: 'secret', admin: true }];
  engine = await startEngine({ dataDir: folder, accounts, accessSql: [] });
});

afterAll(async () => {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('edgehouse types', () => {
  test('says so where there is no table yet, and no such stream', async () => {
    const early = await run('types', '--stream', 'web_events');
    const unknown = await run('types', '--stream', 'web_event');

    expect(early).toMatchObject({ status: 1, err: expect.stringContaining('web_events cannot be used as a stream') });
    expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('did you mean web_events?') });
  });

  test('prints the row of web_events as the table is now', async () => {
    await run('migrate');

    const printed = await run('types', '--stream', 'web_events');

    expect(printed).toMatchObject({ status: 0, err: '' });
    const members = printed.out.split('\n').filter((line) => line.startsWith('  readonly'));
    expect(printed.out).toContain('export interface WebEventsRow {');
    expect(members).toEqual([
      '  readonly event_time: string;',
      '  readonly path: string;',
      '  readonly query?: string | null;',
      '  readonly method?: string | null;',
      '  readonly status?: number | null;',
      '  readonly bytes?: number | string | null;',
      '  readonly duration_ms?: number | null;',
      ...['protocol', 'host', 'referrer', 'user_agent', 'cache_status', 'request_id'].map(optionalText),
      ...['country', 'region', 'city', 'client_network', 'device', 'visitor', 'session'].map(optionalText),
      '  readonly event_type?: string;',
      '  readonly event_name?: string | null;',
      '  readonly event_value?: number | null;',
      '  readonly properties?: string | null;',
      '  readonly sample_rate?: number;',
    ]);
    const replaced = printed.out.match(/The collector sets it[^\n]*\n {2}readonly \w+/g) ?? [];
    expect(replaced.map((match) => match.split(' ').at(-1)).sort()).toEqual([
      'city',
      'client_network',
      'country',
      'device',
      'region',
      'request_id',
      'user_agent',
    ]);
  });

  test('has every column that the edge fills in, and lets the edge leave out what Akamai does not know', async () => {
    await run('migrate');

    const { out } = await run('types', '--stream', 'web_events');

    const filled = Object.keys({ ...requestColumns, ...responseColumns, sample_rate: '' });
    const asked = filled.filter((column) => !out.includes(`readonly ${column}?: `));
    expect(asked).toEqual(['event_time', 'path']);
    for (const column of asked) expect(out).toContain(`readonly ${column}: string;`);
  });
});

function optionalText(name: string): string {
  return `  readonly ${name}?: string | null;`;
}

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const unused = () => {
    throw new Error('not for this command');
  };
  const clickhouse = engine.url.replace('//', '//admin:secret@');
  const status = await runCli(
    [...args, '--clickhouse', clickhouse],
    {},
    {
      stdin: process.stdin,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      interrupted: unused,
      randomBytes: unused,
      fetch: unused,
      now: () => 0,
      random: unused,
      wait: unused,
    },
  );
  return { status, out: out.join('\n'), err: err.join('\n') };
}
