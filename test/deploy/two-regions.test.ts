import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { z } from 'zod';
import { config } from '../../config/loaded.ts';
import { type Draft, draft, sign } from '../integration/support/outside-client.ts';
import { callAws } from './support/call-aws.ts';
import { createCheck } from './support/check.ts';
import { stackIn } from './support/deployment.ts';
import { EMULATOR_REGION, inRegion } from './support/emulator.ts';
import { eventually } from './support/eventually.ts';
import { deployedResources } from './support/left-behind.ts';
import { inspectSpool, type SpoolInspector } from './support/spool-inspector.ts';
import {
  type Destination,
  edgeItem,
  post,
  refresh,
  type System,
  startSystem,
  writeAkamaiSecret,
  writeDatabaseSecrets,
} from './support/start-system.ts';
import { readSecret, writeSecret } from './support/use-aws.ts';

// One ClickHouse, two regions before it: what a sender may send to either.

const OTHER_REGION = 'eu-west-1';
const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/regions', status: 200 };

let first: System;
let other: Destination;
let spool: SpoolInspector;

const check = createCheck(() => first.deployment.emulator.log());

beforeAll(async () => {
  first = await startSystem([EMULATOR_REGION, OTHER_REGION]);
  const { deployment, outputs } = first;
  other = {
    deployment: { emulator: inRegion(deployment.emulator, OTHER_REGION) },
    outputs: await deployment.outputsIn(OTHER_REGION),
  };
  spool = inspectSpool(deployment.emulator, outputs);
});

afterAll(async () => {
  spool?.close();
  await first?.stop();
});

const fresh = () => sign(draft(edgeItem(first, 12345), 'ew/12345/1.2.0', [ROW]));

/** How often each region stored the row of a batch. */
function storedBy(batch: Draft): Promise<readonly (readonly string[])[]> {
  const table = `${config.clickhouse.database}.web_events`;
  const id = batch.headers['edge-batch-id'];
  return first.database.query(`SELECT _region, count() FROM ${table} WHERE _batch_id = '${id}' GROUP BY _region`);
}

const functionSchema = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });

describe('edgehouse in two regions', () => {
  check('has one issuer, whom the other region believes', async () => {
    const { emulator } = other.deployment;

    const resources = await deployedResources(emulator, stackIn(OTHER_REGION));
    const verifier = resources.find(
      ({ type, logicalId }) => type === 'AWS::Lambda::Function' && logicalId.startsWith('TokenAuthorizer'),
    );
    const { Environment } = functionSchema.parse(
      await callAws(emulator, 'lambda', 'get_function_configuration', { FunctionName: verifier?.physicalId }),
    );

    expect(Environment.Variables['ISSUER_URL']).toBe(first.outputs.IssuerUrl);
    return `${OTHER_REGION} asks ${first.outputs.IssuerUrl}`;
  });

  check('has the secrets that the operator writes in the first one, and takes none of its own', async () => {
    const { emulator } = other.deployment;
    await writeAkamaiSecret(first);
    await writeDatabaseSecrets(first);
    const { WriterSecretName, InspectorSecretName, SigningMasterSecretName } = first.outputs;
    const shared = [WriterSecretName, InspectorSecretName, SigningMasterSecretName];

    const here = await Promise.all(shared.map((name) => readSecret(first.deployment.emulator, name)));
    const there = await Promise.all(shared.map((name) => readSecret(emulator, name)));

    expect(there).toEqual(here);
    await expect(writeSecret(emulator, WriterSecretName, '{}')).rejects.toThrow('replica');
    await expect(readSecret(emulator, first.outputs.EdgeGridSecretName)).rejects.toThrow("can't find");
    return 'writer, inspector and signing master; not the Akamai client';
  });

  check('stores a batch once that was sent to one region and repeated in the other', async () => {
    await refresh(first);
    const [here, there] = [fresh(), fresh()];

    const statuses = [
      (await post(other, there)).status,
      (await post(first, there)).status,
      (await post(first, here)).status,
      (await post(other, here)).status,
    ];

    expect(statuses).toEqual([200, 200, 200, 200]);
    expect([await storedBy(there), await storedBy(here)]).toEqual([[[OTHER_REGION, '1']], [[EMULATOR_REGION, '1']]]);
    return '200 four times, a row each, stamped with the region that stored it first';
  });

  check('also where one region has spooled it and the other has stored it before the replay', async () => {
    const batch = fresh();
    await first.database.goAway();
    const spooled = await post(first, batch);
    await first.database.comeBack();

    const repeated = await post(other, batch);
    await eventually('the spool emptied', 60, async () => ((await spool.names()).length === 0 ? true : undefined));

    expect([spooled.status, repeated.status]).toEqual([202, 200]);
    expect((await storedBy(batch)).map(([, rows]) => rows)).toEqual(['1']);
    const [, , , missing, duplicates] = (await first.database.ledger(String(batch.headers['edge-batch-id']))) ?? [];
    expect({ missing, duplicates }).toEqual({ missing: 0, duplicates: 0 });
    return '202 here, 200 there, replayed here: one row';
  });

  check('goes on in one region when the other takes nothing any more', async () => {
    await callAws(first.deployment.emulator, 'apigatewayv2', 'delete_api', { ApiId: first.outputs.ApiId });
    const batch = fresh();

    const { status } = await post(other, batch);

    expect({ status, stored: await storedBy(batch) }).toEqual({ status: 200, stored: [[OTHER_REGION, '1']] });
    return `the API of ${EMULATOR_REGION} is gone, ${OTHER_REGION} answers 200`;
  });

  check('is taken down in both', async () => {
    const { emulator } = first.deployment;

    const { seconds } = await first.deployment.destroy();

    const gone = [emulator, other.deployment.emulator].map((at) =>
      callAws(at, 'cloudformation', 'describe_stacks', { StackName: stackIn(at.region) }),
    );
    const states = await Promise.allSettled(gone);
    expect(states.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    return `${seconds.toFixed(1)} s`;
  });
});
