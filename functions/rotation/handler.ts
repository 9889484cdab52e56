import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Context } from 'aws-lambda';
import { config } from '#config';
import { awsClientOptions } from '../shared/aws-clients.ts';
import { required } from '../shared/environment.ts';
import { createKmsTokenSigner } from '../shared/kms-token-signer.ts';
import { openSecretStore } from '../shared/open-secret-store.ts';
import { createPowertoolsTelemetry } from '../shared/powertools-telemetry.ts';
import { confirmEdgeItems } from './confirm-edge-items.ts';
import { parseEdgegridCredential } from './edgegrid-credential.ts';
import { createEdgegridEdgeKv } from './edgegrid-edge-kv.ts';
import { observeRefresh } from './observe-refresh.ts';
import { refreshEdgeTokens } from './refresh-edge-token.ts';
import { mintingOrder, parseSigningMaster } from './signing-master.ts';

/** What stays to report a failure before Lambda ends the function without a word. */
const RESERVE_MS = 3000;

const clock = Date.now;
const aws = awsClientOptions(required(process.env, 'AWS_REGION'));
const kms = new KMSClient(aws);
const secrets = openSecretStore(config, 'rotation', process.env);
const { telemetry } = createPowertoolsTelemetry('rotation');
const issuer = required(process.env, 'ISSUER_URL');
const activeKey = required(process.env, 'ACTIVE_KEY');
const masterSecret = required(process.env, 'SIGNING_MASTER_SECRET');
const edgegridSecret = required(process.env, 'EDGEGRID_SECRET');

const pause = async (milliseconds: number): Promise<void> => setTimeout(milliseconds);

/** The schedule calls it. It holds nothing from one call to the next: every call sees keys and credentials as they are then. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
  const refresh = async () => {
    const { edge } = config;
    const edgeKv = createEdgegridEdgeKv({
      credential: parseEdgegridCredential(await secrets.read(edgegridSecret)),
      fetch,
      clock,
      random: Math.random,
      newNonce: randomUUID,
      pause,
      signal,
    });
    const refreshed = await refreshEdgeTokens({
      edge,
      issuer,
      audience: config.issuers[0]?.audience ?? '',
      signer: await createKmsTokenSigner([activeKey], kms),
      master: mintingOrder(parseSigningMaster(await secrets.read(masterSecret))),
      edgeKv,
      clock,
      newId: randomUUID,
    });
    return { ...refreshed, unseen: await confirmEdgeItems(refreshed.pushed, { edge, edgeKv, pause, signal }) };
  };
  await observeRefresh(refresh, { clock, telemetry });
}
