import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { config as shipped } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import userConfig from '../../../edgehouse.config.ts';
import { openDatabase } from '../../../local/database.ts';
import { type Stack, startStack } from '../../../local/start-stack.ts';
import { createRawClient, type RawClient } from './raw-http.ts';
import type { Sender } from './spoof-batch.ts';
import type { Known } from './spoof-oracle.ts';
import type { KnownMaster } from './spoof-oracle-signature.ts';
import { type Mint, readToken } from './spoof-tokens.ts';

/** Two principals with a stream and sources of their own, one beside the first, one that may write nothing, and one that was revoked. */
const SENDERS = {
  web: { item: '12345', source: 'ew/12345/0.1.0', stream: 'web_events' },
  collector: { item: '12346', source: 'ew/12346/0.1.0', stream: 'web_events' },
  app: { item: '20002', source: 'app/checkout/7', stream: 'app_events' },
  reader: { item: '20003', source: 'app/reader', stream: 'web_events' },
  revoked: { item: '20004', source: 'old/1', stream: 'app_events' },
} as const;

const PRINCIPALS: Known['principals'] = [
  { name: 'web-edge', sub: 'ew:12345', writes: { stream: 'web_events', sources: 'ew/12345/' } },
  { name: 'web-collector', sub: 'ew:12346', writes: { stream: 'web_events', sources: 'ew/12346/' } },
  { name: 'app-sender', sub: 'ew:20002', writes: { stream: 'app_events', sources: 'app/' } },
  { name: 'app-reader', sub: 'ew:20003' },
  { name: 'app-revoked', sub: 'ew:20004', writes: { stream: 'app_events', sources: 'old/' }, revoked: true },
];

export interface Scene {
  readonly stack: Stack;
  readonly client: RawClient;
  readonly senders: Readonly<Record<keyof typeof SENDERS, Sender>>;
  readonly mint: Mint;
  readonly master: KnownMaster;
  /** Moves the clock of the stack, which stands still otherwise. */
  move(seconds: number): void;
  now(): number;
  known(accepted: ReadonlySet<string>): Known;
  stop(): Promise<void>;
}

/** The local stack with a clock that stands still, and with the keys of its issuer at hand. */
export async function openScene(): Promise<Scene> {
  const dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-spoofing-'));
  let now = Math.floor(Date.now() / 1000);
  const options = { dataDir, say: () => undefined };
  await createSecondTable(options);
  const stack = await startStack({ ...options, config: spoofedConfig(), clock: () => now * 1000 });
  try {
    return await describeScene(stack, dataDir, {
      now: () => now,
      move: (seconds) => {
        now += seconds;
      },
    });
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function describeScene(stack: Stack, dataDir: string, time: Pick<Scene, 'now' | 'move'>): Promise<Scene> {
  const client = createRawClient(stack.ready.api);
  const secret = (name: string) => readFile(join(dataDir, 'secrets', encodeURIComponent(name)), 'utf8');
  const key = createPrivateKey(await secret('edgehouse/issuer-key-a'));
  const master = MASTER.parse(JSON.parse(await secret('edgehouse/signing-master')));
  const senders = {
    web: await senderOf(stack, SENDERS.web),
    collector: await senderOf(stack, SENDERS.collector),
    app: await senderOf(stack, SENDERS.app),
    reader: await senderOf(stack, SENDERS.reader),
    revoked: await senderOf(stack, SENDERS.revoked),
  };
  const { header, claims } = readToken(senders.web.token);
  const publicKey: JsonWebKey = createPublicKey(key).export({ format: 'jwk' });
  return {
    stack,
    client,
    senders,
    mint: { key, header, claims },
    master,
    ...time,
    known: (accepted) => ({
      host: new URL(stack.ready.api).host,
      now: time.now(),
      issuer: {
        iss: stack.ready.issuer,
        aud: 'https://edgehouse.internal/ingest',
        keys: new Map([[String(header['kid']), publicKey]]),
      },
      principals: PRINCIPALS,
      streams: ['web_events', 'app_events'],
      masters: [master],
      accepted,
    }),
    async stop() {
      client.close();
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const MASTER = z.object({
  version: z.int(),
  key: z.string().transform((text): Uint8Array => Buffer.from(text, 'base64url')),
});

const ITEM = z.object({ token: z.string(), key: z.string(), keyId: z.string() });

async function senderOf(
  { ready }: Stack,
  { item, source, stream }: (typeof SENDERS)[keyof typeof SENDERS],
): Promise<Sender> {
  const answer = await fetch(ready.edgekvItem.replace(/12345$/, item));
  const { token, key, keyId } = ITEM.parse(await answer.json());
  return { token, key: Buffer.from(key, 'base64url'), keyId, source, stream };
}

function spoofedConfig() {
  return parseConfig({
    ...userConfig,
    streams: { ...userConfig.streams, app_events: {} },
    principals: {
      ...userConfig.principals,
      'app-sender': { claims: { sub: 'ew:20002' }, allow: [{ write: ['app_events'], sources: ['app/*'] }] },
      'app-revoked': {
        claims: { sub: 'ew:20004' },
        revokedBefore: '2100-01-01T00:00:00Z',
        allow: [{ write: ['app_events'], sources: ['old/*'] }],
      },
      'app-reader': { claims: { sub: 'ew:20003' }, allow: [{ read: ['app_events'] }] },
    },
    edge: { ...userConfig.edge, edgeWorkerIds: [12345, 12346, 20002, 20003, 20004] },
  });
}

/** A stack serves only streams whose tables are there. */
async function createSecondTable(options: { readonly dataDir: string; readonly say: () => void }): Promise<void> {
  const database = await openDatabase({ ...options, config: shipped });
  const { username, password } = database.admin ?? { username: '', password: '' };
  const client = createAdminClient({ url: database.url, user: username, password });
  // As a user would: after the model of the shipped stream, with the view that feeds the ledger.
  const shippedStream = (await readMigrations()).find(({ name }) => name.includes('web_events'));
  for (const statement of shippedStream?.statements ?? []) {
    const query = statement.replaceAll('web_events', 'app_events');
    await client.command({ query, http_headers: { 'X-ClickHouse-Database': shipped.clickhouse.database } });
  }
  await client.close();
  await database.close();
}
