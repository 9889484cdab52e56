import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import shipped from '../../edgehouse.config.ts';
import { parseClickHouseCredential } from '../../functions/ingest/clickhouse-credential.ts';
import { keepMethods } from '../../functions/rotation/rotate-database-user/authentication-sql.ts';
import { passwordHash } from '../../functions/rotation/rotate-database-user/database-password.ts';
import { draft, sign } from '../integration/support/outside-client.ts';
import { callAws } from './support/call-aws.ts';
import { createCheck, say } from './support/check.ts';
import { STACK } from './support/deployment.ts';
import { deployedResources, isListed, leftBehind } from './support/left-behind.ts';
import { readLogs } from './support/read-logs.ts';
import { startRotation } from './support/rotate-secret.ts';
import { runEdgehouse } from './support/run-program.ts';
import {
  edgeItem,
  post,
  refresh,
  type System,
  startSystem,
  writeAkamaiSecret,
  writeDatabaseSecrets,
} from './support/start-system.ts';
import { readTemplate, type TemplateResource } from './support/templates.ts';
import { listUnproved } from './support/unproved.ts';
import { readSecret } from './support/use-aws.ts';

// What an operator does with a stack that is in use: the same deploy again, a mistake, a change, the end.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/again', status: 200 };

let system: System;
/** Every password that a rotation had to do with. */
const passwords: string[] = [];

const check = createCheck(() => system.deployment.emulator.log());

beforeAll(async () => {
  system = await startSystem();
  await writeAkamaiSecret(system);
  await writeDatabaseSecrets(system);
});

afterAll(async () => {
  await system?.stop();
});

/** A batch of so many rows from EdgeWorker 12345. */
const send = (rows: number) =>
  post(system, sign(draft(edgeItem(system, 12345), 'ew/12345/1.2.0', new Array(rows).fill(ROW))));

const databaseSecrets = () => [system.outputs.WriterSecretName, system.outputs.InspectorSecretName];
const passwordOf = (secret: string) => parseClickHouseCredential(secret).password;

/** Every secret's value, by name. */
async function secrets(): Promise<readonly (readonly [string, string])[]> {
  const { deployment, outputs } = system;
  const names = Object.entries(outputs).flatMap(([output, name]) => (output.endsWith('SecretName') ? [name] : []));
  return Promise.all(names.map(async (name) => [name, await readSecret(deployment.emulator, name)] as const));
}

function labels(resources: readonly TemplateResource[]): string {
  return resources
    .map(({ label }) => `  ${label}`)
    .sort()
    .join('\n');
}

describe('edgehouse, deployed again', () => {
  check('works before', async () => {
    await refresh(system);

    expect(await send(3)).toMatchObject({ status: 200 });
    return '200';
  });

  check('rotates the ClickHouse passwords in four steps, and no batch waits for it', async () => {
    const { deployment, database } = system;
    const statuses: number[] = [];
    const failures: string[] = [];

    for (const name of databaseSecrets()) {
      passwords.push(passwordOf(await readSecret(deployment.emulator, name)));
      const rotation = await startRotation(deployment.emulator, name, system.outputs.PasswordRotationFunctionName);
      for (let step = await rotation.next(); step !== undefined; step = await rotation.next()) {
        if (step.failed) failures.push(step.payload);
        statuses.push((await send(1)).status);
      }
    }

    const after = await Promise.all(databaseSecrets().map((name) => readSecret(deployment.emulator, name)));
    passwords.push(...after.map(passwordOf));
    expect({ failures, statuses }).toEqual({ failures: [], statuses: Array(8).fill(200) });
    expect(new Set(passwords).size).toBe(4);
    const { writer, inspector } = database.secrets;
    const open = await Promise.all([writer, inspector, ...after].map((secret) => database.logsIn(secret)));
    expect(open).toEqual([true, true, true, true]);
    return 'writer and inspector: a batch stored after each of eight steps; the old passwords work beside the new ones';
  });

  check('takes batches with the new passwords when the old ones have expired', async () => {
    const { deployment, database } = system;
    for (const name of databaseSecrets()) {
      const { username, password } = parseClickHouseCredential(await readSecret(deployment.emulator, name));
      await database.command(keepMethods(username, [{ hash: passwordHash(password) }]));
    }

    const { status } = await send(1);

    const { writer, inspector } = database.secrets;
    expect([await database.logsIn(writer), await database.logsIn(inspector)]).toEqual([false, false]);
    expect(status).toBe(200);
    return '200; ingest had the old passwords in its cache and asked once more';
  });

  check('answers `edgehouse audit` from CloudWatch Logs', async () => {
    const { exitCode, stdout, stderr } = await runEdgehouse(['audit', '--since', '1h'], system.deployment.emulator);

    const [header = '', ...rows] = stdout.trim().split('\n');
    expect({ exitCode, stderr, header }).toEqual({
      exitCode: 0,
      stderr: '',
      header: expect.stringMatching(/^time +what/),
    });
    const stored = rows.filter((row) =>
      / batch +stored +- +web-edge +web_events +ew\/12345\/1\.2\.0 +\d\+0\//.test(row),
    );
    expect(stored).toHaveLength(10);
    return rows.at(-1) ?? '';
  });

  check('answers `edgehouse rotate status` with every credential', async () => {
    const { exitCode, stdout, stderr } = await runEdgehouse(['rotate', 'status'], system.deployment.emulator);

    const states = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(': '));
    const tokens = ['staging', 'production'].flatMap((network) =>
      config.edge.edgeWorkerIds.map((id) => `edge token ${id} ${network}: ok`),
    );
    const others = [
      'clickhouse writer',
      'clickhouse inspector',
      'clickhouse admin',
      'signing master',
      'issuer keys',
      'EdgeGrid client',
    ];
    expect(states).toEqual(expect.arrayContaining([...tokens, ...others.map((what) => `${what}: ok`)]));
    // The reader's secret has no rotation here: the emulator refuses schedules.
    expect(states).toContain('clickhouse reader analyst: OFF');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    return `${states.length - 2} lines, ${states.at(-2)}`;
  });

  check('logs nothing of a password', async () => {
    const logs = await readLogs(system.deployment.emulator);

    expect(logs).toContain('RotationSucceeded');
    const found = passwords.flatMap((password) => [password, passwordHash(password)]);
    expect(found.filter((secret) => logs.includes(secret))).toEqual([]);
    return `${passwords.length} passwords and their hashes in none of ${logs.split('\n').length} lines`;
  });

  check('changes nothing where nothing has changed', async () => {
    const again = await system.deployment.deploy();

    const summary = (again.stdout + again.stderr).split('\n').filter((line) => line.endsWith(`${STACK} (no changes)`));
    expect(summary).toHaveLength(1);
    return `(no changes), ${again.seconds.toFixed(1)} s`;
  });

  check('stops at a mistake in the config before anything is deployed', async () => {
    const { deployment } = system;
    const describeStack = () => callAws(deployment.emulator, 'cloudformation', 'describe_stacks', { StackName: STACK });
    const before = await describeStack();

    const deployed = deployment.deployWith({ ...shipped, edge: { ...shipped.edge, refreshMinutes: 0 } });

    await expect(deployed).rejects.toThrow('edge.refreshMinutes: 0 → at least 1; raise it');
    expect(await describeStack()).toEqual(before);
    return 'edge.refreshMinutes: 0 → at least 1; raise it';
  });

  check('brings a change; the API keeps its address and answers, and no secret is touched', async () => {
    const { deployment, outputs } = system;
    const before = await secrets();
    const streams = { ...shipped.streams, web_events: { ...shipped.streams.web_events, limits: { rows: 2 } } };

    const changed = await deployment.deployWith({ ...shipped, streams, edge: { ...shipped.edge, refreshMinutes: 10 } });

    expect(await deployment.outputs()).toEqual(outputs);
    expect(await secrets()).toEqual(before);
    const resources = await deployedResources(deployment.emulator, STACK);
    const Name = resources.find(({ type }) => type === 'AWS::Scheduler::Schedule')?.physicalId;
    const schedule = await callAws(deployment.emulator, 'scheduler', 'get_schedule', { Name });
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(10 minutes)' });
    expect(await send(2)).toMatchObject({ status: 200 });
    expect(await send(3)).toMatchObject({ status: 413, answer: { code: 'ROWS_TOO_MANY' } });
    return `rate(10 minutes), at most two rows, the same API ids, ${changed.seconds.toFixed(1)} s`;
  });

  check('leaves behind what is kept on purpose when it is destroyed, and nothing else', async () => {
    const { deployment } = system;
    const kept = (await readTemplate(deployment.deployedTemplates, STACK)).filter((resource) => resource.kept);
    const made = (await deployedResources(deployment.emulator, STACK)).filter(isListed);
    expect(await leftBehind(deployment.emulator, made)).toEqual(made);

    const destroyed = await deployment.destroy();

    const left = await leftBehind(deployment.emulator, made);
    expect(left.map(({ logicalId }) => logicalId).sort()).toEqual(kept.map(({ logicalId }) => logicalId).sort());
    say(`kept by policy:\n${labels(kept)}`);
    return `${made.length - left.length} of ${made.length} gone, ${left.length} kept, ${destroyed.seconds.toFixed(1)} s`;
  });

  check('says what the emulator does not show', async () => {
    const { deployment } = system;
    const deployed = new Set((await readTemplate(deployment.deployedTemplates, STACK)).map(({ label }) => label));

    const template = await readTemplate(await deployment.synthForAws(), STACK);
    const unproved = await listUnproved();

    const leftOut = template.filter(({ label }) => !deployed.has(label));
    expect([...new Set(leftOut.map(({ type }) => type))].sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::CompositeAlarm',
      'AWS::Logs::QueryDefinition',
      'AWS::SecretsManager::RotationSchedule',
    ]);
    expect(unproved.length).toBeGreaterThan(5);
    say(`-c preset=emulator leaves out:\n${labels(leftOut)}`);
    const shown = unproved.map(({ what, section }) => `  ${what}: docs/check-on-aws.md#${section}`).join('\n');
    say(`only an account of AWS shows:\n${shown}`);
    return `${leftOut.length} of ${template.length} resources left out, ${unproved.length} things only AWS shows`;
  });
});
