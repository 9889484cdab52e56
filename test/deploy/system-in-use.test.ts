import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { z } from 'zod';
import { config } from '../../config/loaded.ts';
import shipped from '../../edgehouse.config.ts';
import { type EmittedMetric, identityOf } from '../cdk/watch/emitted-metrics.ts';
import { type Draft, draft, sign } from '../integration/support/outside-client.ts';
import { type AlarmQueue, subscribeQueue } from './support/alarm-queue.ts';
import { callAws } from './support/call-aws.ts';
import { createCheck } from './support/check.ts';
import { eventually } from './support/eventually.ts';
import { forwardMetrics } from './support/forward-metrics.ts';
import { runEdgehouse } from './support/run-program.ts';
import { inspectSpool, type SpoolInspector } from './support/spool-inspector.ts';
import {
  deliver,
  edgeItem,
  post,
  refresh,
  type System,
  startSystem,
  writeAkamaiSecret,
  writeDatabaseSecrets,
} from './support/start-system.ts';
import { startTraffic } from './support/traffic.ts';
import { writeSecret } from './support/use-aws.ts';

// What happens to a stack while it works: an alarm, an update and the way back, an outage that the operator looks into.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/in-use', status: 200 };

let system: System;
let spool: SpoolInspector;
let queue: AlarmQueue;

const check = createCheck(() => system.deployment.emulator.log());

beforeAll(async () => {
  system = await startSystem();
  const { deployment, outputs } = system;
  spool = inspectSpool(deployment.emulator, outputs);
  queue = await subscribeQueue(deployment.emulator, outputs.AlarmTopicArn);
  await writeDatabaseSecrets(system);
});

afterAll(async () => {
  queue?.close();
  spool?.close();
  await system?.stop();
});

const fresh = () => sign(draft(edgeItem(system, 12345), 'ew/12345/1.2.0', [ROW]));
const idOf = (batch: Draft) => String(batch.headers['edge-batch-id']);
const edgehouse = (...args: readonly string[]) => runEdgehouse(args, system.deployment.emulator);

/** Slow enough for two cores that bundle and deploy meanwhile. */
const PACE = { everyMs: 200, mostAtOnce: 3 };
/** The emulator ends the process of a function that it updates, and of one whose settings it updates: a batch may meet both. */
const MOST_ATTEMPTS = 3;

/** One batch, as a sender that keeps to the contract: what was not taken is sent again, the very same. */
async function sendUntilTaken(): Promise<{ readonly id: string; readonly statuses: readonly number[] }> {
  const batch = fresh();
  const statuses: number[] = [];
  while (statuses.length < MOST_ATTEMPTS) {
    const { status } = await deliver(system, batch);
    statuses.push(status);
    if (status === 200 || status === 202) break;
  }
  return { id: idOf(batch), statuses };
}

const functionsSchema = z.object({
  Functions: z.array(z.object({ FunctionName: z.string(), CodeSha256: z.string() })),
});

/** What each function runs, by name. */
async function deployedCode(): Promise<Readonly<Record<string, string>>> {
  const { Functions } = functionsSchema.parse(await callAws(system.deployment.emulator, 'lambda', 'list_functions'));
  return Object.fromEntries(Functions.map(({ FunctionName, CodeSha256 }) => [FunctionName, CodeSha256]));
}

/** Deploys a change, looks, and takes it back. */
async function update(config: unknown) {
  const { deployment } = system;
  return [await deployment.deployWith(config), await deployedCode(), await deployment.deploy()] as const;
}

function spoolEmptied(): Promise<true> {
  return eventually('the spool emptied', 60, async () => ((await spool.names()).length === 0 ? true : undefined));
}

describe('edgehouse, in use', () => {
  check('rings: from the line that a function wrote to the message that the one on call gets', async () => {
    const { deployment, outputs, akamai, edgeKv } = system;
    const wrong = JSON.stringify({ ...akamai, clientSecret: 'wrong', host: edgeKv.origin });
    await writeSecret(deployment.emulator, outputs.EdgeGridSecretName, wrong);

    const { failed } = await refresh(system);
    const metrics = await forwardMetrics(deployment.emulator, 'CredentialRotation');
    const notice = await eventually('a message', 30, async () => {
      const notices = await queue.receive();
      return notices.find(
        ({ AlarmName, NewStateValue }) => AlarmName.endsWith('-edge-pushes-production') && NewStateValue === 'ALARM',
      );
    });

    expect(failed).toBe(true);
    const [alarm, ...others] = await deployedAlarms(notice.AlarmName);
    expect({ alarm, others }).toMatchObject({ alarm: { StateValue: 'ALARM' }, others: [] });
    expect(metrics.map(identityOf)).toContain(alarm && identityOf(watchedBy(alarm)));
    return `${notice.AlarmName} is ${notice.NewStateValue}, and the queue that subscribed got it`;
  });

  check('is updated, and put back, while batches come: none fails, and each row is there once', async () => {
    const { database } = system;
    await writeAkamaiSecret(system);
    await refresh(system);
    const streams = { ...shipped.streams, web_events: { ...shipped.streams.web_events, limits: { rows: 2 } } };
    const before = await deployedCode();

    const early = await sendUntilTaken();
    const traffic = startTraffic(sendUntilTaken, PACE);
    const [updated, during, restored] = await update({ ...shipped, streams }).finally(traffic.stop);
    const sent = [early, ...(await traffic.stop())];
    await spoolEmptied();

    const changed = Object.keys(before).filter((name) => before[name] !== during[name]);
    expect(changed.length).toBeGreaterThanOrEqual(3);
    expect(await deployedCode()).toEqual(before);
    expect(sent.filter(({ statuses }) => !isTaken(statuses.at(-1)))).toEqual([]);
    const refused = sent.flatMap(({ statuses }) => statuses.filter((status) => !isTaken(status)));
    expect(refused.filter((status) => status !== 502)).toEqual([]);
    const counted = 'count(), uniqExact(_batch_id, _row), uniqExact(_batch_id)';
    const [rows] = await database.query(`SELECT ${counted} FROM ${config.clickhouse.database}.web_events`);
    expect(rows?.map(Number)).toEqual([sent.length, sent.length, sent.length]);
    const seconds = (updated.seconds + restored.seconds).toFixed(1);
    return (
      `${sent.length} batches in ${seconds} s, ${changed.length} functions changed and changed back; ` +
      `${refused.length} answered 502 and taken at the next try`
    );
  });

  check('shows what waits in the spool, and does with it what the operator says', async () => {
    const { deployment, database, outputs } = system;
    const [wanted, unwanted] = [fresh(), fresh()];
    await database.goAway();
    const answers = [await post(system, wanted), await post(system, unwanted)];

    const waiting = await edgehouse('spool', 'ls');
    const nameOf = (batch: Draft) => /spool\/[0-9a-f]{64}/.exec(lineWith(waiting.stdout, idOf(batch)))?.[0] ?? '';
    const purged = await edgehouse('spool', 'purge', '--object', nameOf(unwanted), '--apply');
    // A message that is lost: nothing but the command brings the batch back now.
    await callAws(deployment.emulator, 'sqs', 'purge_queue', { QueueUrl: outputs.ReplayQueueUrl });
    await database.comeBack();
    const queued = await edgehouse('spool', 'replay', '--apply');
    await spoolEmptied();
    const after = await edgehouse('spool', 'ls');

    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect([waiting, purged, queued, after].map(({ exitCode, stderr }) => `${exitCode}${stderr}`)).toEqual(
      Array(4).fill('0'),
    );
    expect(lineWith(waiting.stdout, idOf(wanted))).toMatch(/ waits$/);
    expect(after.stdout).not.toContain('spool/');
    expect(await database.ledger(idOf(wanted))).toEqual([1, 1, 0, 0, 0]);
    expect(await database.ledger(idOf(unwanted))).toBeUndefined();
    return `ls: ${waiting.stdout.trim().split('\n').at(-1)}; purge took one away, replay had the other one stored`;
  });
});

const isTaken = (status: number | undefined) => status === 200 || status === 202;
const lineWith = (text: string, word: string) => text.split('\n').find((line) => line.includes(word)) ?? '';

const alarmsSchema = z.object({
  MetricAlarms: z.array(
    z.object({
      StateValue: z.string(),
      Namespace: z.string(),
      MetricName: z.string(),
      Unit: z.string(),
      Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
    }),
  ),
});
type DeployedAlarm = z.output<typeof alarmsSchema>['MetricAlarms'][number];

async function deployedAlarms(name: string): Promise<readonly DeployedAlarm[]> {
  const answer = await callAws(system.deployment.emulator, 'cloudwatch', 'describe_alarms', { AlarmNames: [name] });
  return alarmsSchema.parse(answer).MetricAlarms;
}

function watchedBy({ Namespace, MetricName, Unit, Dimensions }: DeployedAlarm): Omit<EmittedMetric, 'value'> {
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { namespace: Namespace, name: MetricName, unit: Unit, dimensions };
}
