import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEdgeInitKv } from '../../cli/edge-kv-command.ts';
import { setUpEdgeKv } from '../../cli/edge-kv-setup.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { EdgeKvAdminStandIn } from './support/edge-kv-admin-stand-in.ts';
import { CLIENT } from './support/ship-rig.ts';

const TOKEN = {
  name: 'edgehouse',
  allowOnStaging: true,
  allowOnProduction: true,
  namespacePermissions: { edgehouse: ['r'] },
  restrictToEdgeWorkerIds: ['12345', '12346'],
};
const REFERENCE = 'fa3a7ae0-1b0c-45c7-adc3-f0638c6b7466';

describe('setting EdgeKV up', () => {
  let akamai: EdgeKvAdminStandIn;
  let lines: string[];
  let waits: number[];

  beforeEach(async () => {
    akamai = new EdgeKvAdminStandIn(CLIENT);
    await akamai.start();
    lines = [];
    waits = [];
  });

  afterEach(async () => {
    await akamai.stop();
    expect(akamai.unsigned).toEqual([]);
    expect(lines.join('\n')).not.toContain('canary');
  });

  function setUp(edgeWorkerIds: readonly number[] = [12345, 12346], args: readonly string[] = []): Promise<unknown> {
    const env = {
      AKAMAI_HOST: akamai.origin,
      AKAMAI_CLIENT_TOKEN: CLIENT.clientToken,
      AKAMAI_CLIENT_SECRET: CLIENT.clientSecret,
      AKAMAI_ACCESS_TOKEN: CLIENT.accessToken,
    };
    const config = parseConfig({
      streams: { web: {} },
      principals: { edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/*'] }] } },
      edge: { edgeWorkerIds },
    });
    const io = {
      out: (line: string) => void lines.push(line),
      fetch,
      now: Date.now,
      random: () => 0,
      wait: async (milliseconds: number) => void waits.push(milliseconds),
    };
    return setUpEdgeKv(parseEdgeInitKv(['--group', '4284', ...args], env), config, io).catch((error: unknown) => error);
  }

  test('initialises it, waits, makes a namespace on each network, and a token that only reads, only in these EdgeWorkers', async () => {
    const failure = await setUp();

    expect(failure).toBeUndefined();
    expect(akamai.made).toEqual(
      new Map<string, object>([
        [
          '/networks/staging/namespaces/edgehouse',
          { namespace: 'edgehouse', retentionInSeconds: 86_400, groupId: 4284 },
        ],
        [
          '/networks/production/namespaces/edgehouse',
          { namespace: 'edgehouse', retentionInSeconds: 86_400, groupId: 4284 },
        ],
        ['/tokens/edgehouse', { ...TOKEN, uuid: REFERENCE }],
      ]),
    );
    expect(waits).toEqual([10_000, 10_000]);
    expect(lines).toEqual([
      'EdgeKV is initialised',
      'namespace edgehouse on staging is made',
      'namespace edgehouse on production is made',
      'access token edgehouse is made. Build with it:',
      `EDGEKV_ACCESS_REFERENCE=${REFERENCE} npm run edge:build`,
    ]);
  });

  test('leaves what is there as it is, and says the reference again', async () => {
    await setUp();
    const before = akamai.asked.length;

    const failure = await setUp();

    expect(failure).toBeUndefined();
    expect(akamai.asked.slice(before).filter((line) => !line.startsWith('GET'))).toEqual([]);
    expect(lines.at(-1)).toBe(`EDGEKV_ACCESS_REFERENCE=${REFERENCE} npm run edge:build`);
  });

  test('makes each thing once, though answers are lost', async () => {
    akamai.cut.push(
      'PUT /initialize',
      'GET /initialize',
      'POST /networks/staging/namespaces',
      'GET /networks/production/namespaces/edgehouse',
      'POST /tokens',
    );

    const failure = await setUp();

    expect(failure).toBeUndefined();
    expect(akamai.asked.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /networks/staging/namespaces',
      'POST /networks/production/namespaces',
      'POST /tokens',
    ]);
    expect(lines.at(-1)).toContain(REFERENCE);
  });

  test.each([
    ['writes', { namespacePermissions: { edgehouse: ['r', 'w'] } }],
    ['reads more', { namespacePermissions: { edgehouse: ['r'], other: ['r'] } }],
    ['reads another', { namespacePermissions: { other: ['r'] } }],
    ['is for other EdgeWorkers', { restrictToEdgeWorkerIds: ['12345'] }],
    ['is for all', { restrictToEdgeWorkerIds: [] }],
    ['is for all, said otherwise', { restrictToEdgeWorkerIds: null }],
  ])('does not take a token of that name that %s', async (_what, other) => {
    await setUp();
    akamai.made.set('/tokens/edgehouse', { ...TOKEN, ...other, uuid: REFERENCE });

    const failure = await setUp();
    const named = await setUp(undefined, ['--token', 'reads-2']);

    expect(failure).toMatchObject({
      code: 'EDGEKV_TOKEN_TAKEN',
      message: expect.stringContaining('does not read just edgehouse in just EdgeWorkers 12345, 12346'),
    });
    expect(named).toBeUndefined();
  });

  test('makes no token where the config names no EdgeWorker, for it would be one for all', async () => {
    const failure = await setUp([]);

    expect(failure).toMatchObject({
      code: 'EDGE_WORKER_UNNAMED',
      message: expect.stringContaining('edge.edgeWorkerIds'),
    });
    expect(akamai.asked).toEqual([]);
  });

  test('does not wait for ever', async () => {
    akamai.looks = 1000;

    const failure = await setUp();

    expect(failure).toMatchObject({
      code: 'EDGEKV_NOT_READY',
      message: expect.stringContaining('PENDING after 300 s'),
    });
    expect(akamai.made.size).toBe(0);
  });
});
