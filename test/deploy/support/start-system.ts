import { randomBytes, randomUUID } from 'node:crypto';
import { config } from '../../../config/loaded.ts';
import type { Draft } from '../../integration/support/outside-client.ts';
import { type ApiAnswer, callApi } from './call-api.ts';
import { say } from './check.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { type EdgeItem, edgeItemSchema } from './edge-item.ts';
import { type EdgeKvStandIn, startEdgeKvStandIn } from './edge-kv-stand-in.ts';
import type { RegionOutputs, StackOutputs } from './stack-outputs.ts';
import { type Database, startDatabase } from './start-database.ts';
import { invokeFunction, writeSecret } from './use-aws.ts';
import type { EdgegridClient } from './verify-edgegrid.ts';

/** The stack, deployed to an emulator of its own, and the two services outside AWS that it works with. */
export interface System {
  readonly deployment: Deployment;
  readonly outputs: StackOutputs;
  readonly database: Database;
  readonly edgeKv: EdgeKvStandIn;
  /** The one API client that the EdgeKV stand-in knows. */
  readonly akamai: EdgegridClient;
  stop(): Promise<void>;
}

/**
 * Bootstraps and deploys; the secrets that the operator writes are still empty.
 *
 * @param regions see {@link startDeployment}
 * @throws CdkFailedError
 */
export async function startSystem(regions?: Parameters<typeof startDeployment>[0]): Promise<System> {
  const akamai = newAkamaiClient();
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one.stop();
  };
  try {
    const database = await startDatabase(config);
    started.push(database);
    const edgeKv = await startEdgeKvStandIn(akamai);
    started.push(edgeKv);
    const deployment = await startDeployment(regions);
    started.push(deployment);
    const bootstrapped = await deployment.bootstrap();
    say(`cdk bootstrap: ${bootstrapped.seconds.toFixed(1)} s`);
    const deployed = await deployment.deploy();
    say(`cdk deploy -c preset=emulator: ${deployed.seconds.toFixed(1)} s`);
    return { deployment, outputs: await deployment.outputs(), database, edgeKv, akamai, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An API client as Akamai would make one. */
export function newAkamaiClient(): EdgegridClient {
  return {
    clientToken: `akab-client-${randomUUID()}`,
    accessToken: `akab-access-${randomUUID()}`,
    clientSecret: randomBytes(32).toString('base64'),
  };
}

/** Writes the secret of the Akamai API client, as the operator does. */
export async function writeAkamaiSecret({ deployment, outputs, edgeKv, akamai }: System): Promise<void> {
  const secret = JSON.stringify({ ...akamai, host: edgeKv.origin });
  await writeSecret(deployment.emulator, outputs.EdgeGridSecretName, secret);
}

/** Writes the secrets of the ClickHouse accounts, as the operator does. */
export async function writeDatabaseSecrets({ deployment, outputs, database }: System): Promise<void> {
  const { writer, inspector, admin } = database.secrets;
  await writeSecret(deployment.emulator, outputs.WriterSecretName, writer);
  await writeSecret(deployment.emulator, outputs.InspectorSecretName, inspector);
  await writeSecret(deployment.emulator, outputs.AdminSecretName, admin);
}

/** Has the refresh function fill EdgeKV. @returns its result as JSON, and whether it failed */
export function refresh({ deployment, outputs }: System) {
  return invokeFunction(deployment.emulator, outputs.RefreshFunctionName);
}

/** What EdgeKV holds for an EdgeWorker on the production network. @throws ZodError when there is nothing, or something else */
export function edgeItem({ edgeKv }: System, edgeWorkerId: number): EdgeItem {
  const { namespace, group } = config.edge;
  const item = edgeKv.items.get(`production/${namespace}/${group}/${edgeWorkerId}`);
  return edgeItemSchema.parse(JSON.parse(item ?? 'null'));
}

/** The region that a batch is sent to. */
export interface Destination {
  readonly deployment: Pick<Deployment, 'emulator'>;
  readonly outputs: RegionOutputs;
}

/** Sends what an outside client has made ready. @returns the status, and the body as JSON */
export async function post(
  destination: Destination,
  batch: Draft,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const { status, text } = await deliver(destination, batch);
  return { status, answer: JSON.parse(text) };
}

/** The same, whatever the body of the answer is. */
export function deliver(
  { deployment, outputs }: Destination,
  { method, path, headers, body }: Draft,
): Promise<ApiAnswer> {
  const sent = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const call = { apiId: outputs.ApiId, method, path, headers: Object.fromEntries(sent), body };
  return callApi(deployment.emulator, call);
}
