import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { config } from '#config';
import { required } from '../shared/environment.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { openSecretStore } from '../shared/open-secret-store.ts';
import { parseEdgegridCredential } from './edgegrid-credential.ts';
import { createEdgegridEdgeKv } from './edgegrid-edge-kv.ts';
import { observeRefresh } from './observe-refresh.ts';
import { prepareTokenSource } from './open-token-source.ts';
import { refreshAndConfirm } from './refresh-and-confirm.ts';
import { retryRefresh } from './retry-refresh.ts';
import { mintingOrder, parseSigningMaster } from './signing-master.ts';

/** What stays to report a failure before Lambda ends the function without a word. */
const RESERVE_MS = 3000;

const clock = Date.now;
const pause = async (milliseconds: number): Promise<void> => setTimeout(milliseconds);
const secrets = openSecretStore(config, 'rotation', process.env);
const { telemetry } = createLambdaTelemetry('rotation');
const openTokenSource = prepareTokenSource(config, process.env, { secrets, pause });
const masterSecret = required(process.env, 'SIGNING_MASTER_SECRET');
const edgegridSecret = required(process.env, 'EDGEGRID_SECRET');

/** The schedule calls it. It holds nothing from one call to the next: every call sees keys and credentials as they are then. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
  const refresh = async (edgeWorkerIds: readonly number[]) => {
    const edge = { ...config.edge, edgeWorkerIds };
    const edgeKv = createEdgegridEdgeKv({
      credential: parseEdgegridCredential(await secrets.read(edgegridSecret)),
      fetch,
      clock,
      random: Math.random,
      newNonce: randomUUID,
      pause,
      signal,
    });
    return refreshAndConfirm({
      edge,
      tokens: await openTokenSource(signal),
      master: mintingOrder(parseSigningMaster(await secrets.read(masterSecret))),
      edgeKv,
      pause,
      signal,
    });
  };
  const attempt = (edgeWorkerIds: readonly number[]) =>
    observeRefresh(() => refresh(edgeWorkerIds), { clock, telemetry });
  await retryRefresh(config.edge.edgeWorkerIds, attempt, { pause, signal });
}
