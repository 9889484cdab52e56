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

  function setUp(
    edgeWorkerIds: readonly number[] = [12345, 12346],
    args: readonly string[] = [],
    networks: readonly string[] = ['staging', 'production'],
  ): Promise<unknown> {
    const env = {
      AKAMAI_HOST: akamai.origin,
      AKAMAI_CLIENT_TOKEN: CLIENT.clientToken,
      AKAMAI_CLIENT_SECRET: CLIENT.clientSecret,
      AKAMAI_ACCESS_TOKEN: CLIENT.accessToken,
    };
    const config = parseConfig({
      streams: { web: {} },
      principals: { edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/*'] }] } },
      edge: { edgeWorkerIds, networks },
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

  const WIDE = 'does not read just edgehouse in just EdgeWorkers 12345, 12346';
  test.each([
    ['writes', { namespacePermissions: { edgehouse: ['r', 'w'] } }, WIDE],
    ['reads more', { namespacePermissions: { edgehouse: ['r'], other: ['r'] } }, WIDE],
    ['reads another', { namespacePermissions: { other: ['r'] } }, WIDE],
    ['is for other EdgeWorkers', { restrictToEdgeWorkerIds: ['12345'] }, WIDE],
    ['is for all', { restrictToEdgeWorkerIds: [] }, WIDE],
    ['is for all, said otherwise', { restrictToEdgeWorkerIds: null }, WIDE],
    ['was made for staging alone', { allowOnProduction: false }, 'does not read on production'],
    ['was made for production alone', { allowOnStaging: false }, 'does not read on staging'],
    ['never came into force', { tokenActivationStatus: 'ERROR' }, 'its activation has failed'],
  ])('does not take a token of that name that %s', async (_what, other, said) => {
    await setUp();
    akamai.made.set('/tokens/edgehouse', { ...TOKEN, ...other, uuid: REFERENCE });

    const failure = await setUp();
    const named = await setUp(undefined, ['--token', 'reads-2']);

    expect(failure).toMatchObject({
      code: 'EDGEKV_TOKEN_TAKEN',
      message: expect.stringContaining(`The EdgeKV access token edgehouse exists, and ${said}. Next: name another`),
    });
    expect(named).toBeUndefined();
  });

  test.each([
    ['on networks that the config no longer names', { ...TOKEN }, ['staging']],
    ['that is on its way', { ...TOKEN, tokenActivationStatus: 'IN_PROGRESS' }, undefined],
    ['that is shown as the API’s document has it, without what it may do', { name: 'edgehouse' }, undefined],
  ])('takes one %s', async (_what, shown, networks) => {
    await setUp();
    akamai.made.set('/tokens/edgehouse', { ...shown, uuid: REFERENCE });

    const failure = await setUp(undefined, [], networks);

    expect(failure).toBeUndefined();
    expect(lines.at(-1)).toContain(REFERENCE);
  });

  test('looks at what became of a new one, as far as it is shown', async () => {
    akamai.shown = { tokenActivationStatus: 'ERROR' };

    const failure = await setUp();

    expect(failure).toMatchObject({ code: 'EDGEKV_TOKEN_TAKEN', message: expect.stringContaining('has failed') });
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
