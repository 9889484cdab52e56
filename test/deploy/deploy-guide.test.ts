import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { callAws } from './support/call-aws.ts';
import { createCheck } from './support/check.ts';
import { type EdgeKvStandIn, startEdgeKvStandIn } from './support/edge-kv-stand-in.ts';
import { type GuideBlock, readGuide } from './support/guide-blocks.ts';
import { type Ministack, startMinistack } from './support/ministack.ts';
import { programEnvironment } from './support/run-program.ts';
import { type ShellSession, startShell } from './support/shell-session.ts';
import { type Database, startEmptyDatabase } from './support/start-database.ts';
import { newAkamaiClient } from './support/start-system.ts';

// docs/deploy.md, typed into one shell from its first command to its last, by somebody whose AWS is the emulator.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESOLVE_LOCALHOST = new URL('./support/resolve-localhost.ts', import.meta.url).href;
const GUIDE = await readGuide();

const akamai = newAkamaiClient();
let home: string;
let database: Database;
let edgeKv: EdgeKvStandIn;
let emulator: Ministack;
let shell: ShellSession;
/** What the commands of each block wrote. */
const written = new Map<GuideBlock, string>();

const check = createCheck(() => emulator.log());

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'edgehouse-guide-'));
  database = await startEmptyDatabase(config);
  edgeKv = await startEdgeKvStandIn(akamai);
  emulator = await startMinistack();
  // What the CDK CLI would ask a person, and what it must not ask of the emulator. The repository's cdk.out is not for tests.
  const settings = { requireApproval: 'never', output: join(home, 'cdk.out'), context: { preset: 'emulator' } };
  await writeFile(join(home, '.cdk.json'), JSON.stringify(settings));
  const env = programEnvironment(emulator, home);
  shell = await startShell({
    cwd: ROOT,
    env: {
      ...env,
      // `aws` is the emulator's neighbour; npm is wherever this machine has it.
      PATH: [dirname(emulator.python), dirname(process.execPath), process.env['PATH']].join(delimiter),
      AWS_CA_BUNDLE: emulator.certificateFile,
      CURL_CA_BUNDLE: emulator.certificateFile,
      NODE_OPTIONS: `--import=${RESOLVE_LOCALHOST}`,
      npm_config_update_notifier: 'false',
    },
  });
});

afterAll(async () => {
  await shell?.stop();
  await emulator?.stop();
  await edgeKv?.stop();
  await database?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

/** The blocks that only those can run who have Akamai or ClickHouse Cloud: why, and the commands that leave behind what they would. */
const ELSEWHERE: Readonly<Record<string, { readonly why: string; readonly instead?: () => Promise<string> }>> = {
  'clickhouse-cloud service': {
    why: 'ClickHouse is the embedded engine',
    instead: async () =>
      `export CLICKHOUSE_URL=${database.url} EDGEHOUSE_CLICKHOUSE_USER=${database.admin.user} ` +
      `EDGEHOUSE_CLICKHOUSE_PASSWORD=${database.admin.password}`,
  },
  'clickhouse-cloud accounts': { why: 'the engine begins with these accounts' },
  'clickhouse-cloud rights': { why: 'the engine begins with these rights' },
  'akamai client': {
    why: 'EdgeKV is a stand-in on loopback',
    async instead() {
      await turnRotationsOn();
      const { clientToken, clientSecret, accessToken } = akamai;
      return `AKAMAI_HOST=${edgeKv.origin} AKAMAI_CLIENT_TOKEN=${clientToken} AKAMAI_CLIENT_SECRET=${clientSecret} AKAMAI_ACCESS_TOKEN=${accessToken}`;
    },
  },
  'akamai item': {
    why: 'the item is read from the stand-in',
    async instead() {
      const { namespace, group } = config.edge;
      const file = join(home, 'item.json');
      await writeFile(file, edgeKv.items.get(`production/${namespace}/${group}/12345`) ?? '', { mode: 0o600 });
      return `credentials=${file}`;
    },
  },
  'akamai edge': { why: 'no EdgeWorker runs here' },
  'akamai event': { why: 'no visitor came' },
};

/** CloudFormation does it on AWS; the emulator refuses the schedules of rotations. */
async function turnRotationsOn(): Promise<void> {
  for (const account of ['writer', 'inspector', 'reader/analyst']) {
    await callAws(emulator, 'secretsmanager', 'rotate_secret', {
      SecretId: `edgehouse/clickhouse/${account}`,
      RotationRules: { AutomaticallyAfterDays: config.clickhouse.rotateDays },
    });
  }
}

async function follow(block: GuideBlock): Promise<string> {
  if (block.elsewhere === undefined) {
    const said = await shell.run(block.text);
    written.set(block, said);
    return said.trim().split('\n').at(-1) ?? '';
  }
  const { why = '', instead } = ELSEWHERE[block.elsewhere] ?? {};
  if (instead !== undefined) await shell.run(await instead());
  return `LEFT OUT, ${why}`;
}

describe('the deployment guide', () => {
  test('names every step that only Akamai or ClickHouse Cloud can take', () => {
    const named = GUIDE.flatMap(({ elsewhere }) => elsewhere ?? []);

    expect(named.toSorted()).toEqual(Object.keys(ELSEWHERE).toSorted());
    expect(named.filter((name) => !/^(akamai|clickhouse-cloud) /.test(name))).toEqual([]);
  });

  for (const block of GUIDE) {
    const [begins = ''] = block.text.split('\n');
    check(`${block.section}: ${block.elsewhere ?? begins.slice(0, 40)}`, () => follow(block));
  }

  check('ends with an event in ClickHouse, and nothing missing', async () => {
    const rows = await database.query(
      `SELECT path, status, _principal, _source, _region FROM ${config.clickhouse.database}.web_events`,
    );

    expect(rows).toEqual([['/first', '200', 'web-edge', 'ew/12345/0.0.0', emulator.region]]);
    const said = [...written.values()].join('\n');
    expect(said).toMatch(/\/first\W+web-edge/);
    expect(said).toContain('nothing is missing');
    return `${rows.length} row, seen by the guide's own SELECT`;
  });
});
