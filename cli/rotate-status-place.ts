import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config } from '../config/schema.ts';
import { EDGEGRID_SECRET, ISSUER_KEYS_SECRET } from '../config/secret-names.ts';
import type { VaultConfig } from '../config/secrets-schema.ts';
import { parseEdgegridCredential } from '../functions/rotation/edgegrid-credential.ts';
import { createEdgegridEdgeKv } from '../functions/rotation/edgegrid-edge-kv.ts';
import { awsClientOptions } from '../functions/shared/aws-clients.ts';
import type { EdgeNetwork } from '../functions/shared/edge-kv.ts';
import type { SecretStore } from '../functions/shared/secret-store.ts';
import { createSecretsManagerStore } from '../functions/shared/secrets-manager-store.ts';
import { createVaultStore } from '../functions/shared/vault-store.ts';
import { openFileSecretStore } from '../local/file-secret-store.ts';
import type { CommandIo } from './command-io.ts';
import type { RotateStatusCommand } from './rotate-command.ts';
import type { SecretFacts } from './rotate-credential-status.ts';
import { deployedSecrets, type ListedSecret, localSecrets } from './rotate-credentials.ts';
import { describeInAws } from './rotate-describe-aws.ts';
import { describeInVault } from './rotate-describe-vault.ts';
import { VaultTokenMissingError } from './rotate-signing-store.ts';

/** Reads an EdgeWorker's item; undefined where EdgeKV shows none. */
export type ReadItem = (network: EdgeNetwork, id: number) => Promise<string | undefined>;

/** What the status is gathered from. Each call throws where it may not look. */
export interface StatusPlace {
  readonly secrets: readonly ListedSecret[];
  readonly describe: (secret: string) => Promise<SecretFacts | undefined>;
  readonly readSecret: SecretStore['read'];
  readonly networks: readonly EdgeNetwork[];
  /** `nowhere` where the items are in the memory of a stack whose address nobody has given. */
  readonly items: 'nowhere' | (() => Promise<ReadItem>);
}

type Io = Pick<CommandIo, 'fetch' | 'now' | 'random' | 'wait'>;

/** @throws VaultTokenMissingError */
export async function openStatusPlace(command: RotateStatusCommand, config: Config, io: Io): Promise<StatusPlace> {
  const { place, localEdgeKv } = command;
  if (place.kind === 'folder') return openFolder(place.dataDir, localEdgeKv, config, io);
  const [primary = 'us-east-1'] = config.regions;
  const inAws = openAws(new SecretsManagerClient(awsClientOptions(primary)));
  const store = config.secrets === 'aws' ? inAws : openVault(config.secrets.vault, place.vaultToken, inAws, io);
  return {
    ...store,
    secrets: deployedSecrets(config),
    networks: config.edge.networks,
    items: () => openEdgeKv(store.readSecret, config, io),
  };
}

type Store = Pick<StatusPlace, 'describe' | 'readSecret'>;

function openAws(client: SecretsManagerClient): Store {
  return {
    describe: (secret) => describeInAws(client, secret),
    readSecret: createSecretsManagerStore(client).read,
  };
}

function openVault(vault: VaultConfig, token: string | undefined, inAws: Store, { fetch, now }: Io): Store {
  if (token === undefined) throw new VaultTokenMissingError();
  const store = createVaultStore({ vault, identity: { token }, fetch, clock: now });
  // Which key signs is never in Vault: who logs in there has to know it before.
  const isInAws = (secret: string) => secret === ISSUER_KEYS_SECRET;
  return {
    describe: (secret) =>
      isInAws(secret) ? inAws.describe(secret) : describeInVault({ vault, token, fetch, now }, secret),
    readSecret: (secret) => (isInAws(secret) ? inAws.readSecret(secret) : store.read(secret)),
  };
}

async function openFolder(
  dataDir: string,
  edgeKv: string | undefined,
  config: Config,
  { fetch }: Io,
): Promise<StatusPlace> {
  const files = await openFileSecretStore(join(dataDir, 'secrets'));
  return {
    secrets: localSecrets(config),
    describe: async (secret) => {
      const writtenAt = await files.writtenAt(secret);
      return writtenAt === undefined ? undefined : { writtenAt };
    },
    readSecret: files.read,
    // The only one of which a local stack shows items.
    networks: ['production'],
    items:
      edgeKv === undefined ? 'nowhere' : async () => (_network, id) => readLocalItem(`${edgeKv}/items/${id}`, fetch),
  };
}

/** A local EdgeKV did not answer as one. */
export class LocalItemUnreadError extends Error {
  override readonly name = 'LocalItemUnreadError';
  readonly code = 'LOCAL_ITEM_UNREAD';
  constructor(url: string, status: number) {
    super(`${url} answered ${status}. Give --edgekv the address that npm start prints as its edgekv item.`);
  }
}

const LOCAL_MS = 5000;

async function readLocalItem(url: string, fetch: Io['fetch']): Promise<string | undefined> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(LOCAL_MS) });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) throw new LocalItemUnreadError(url, response.status);
  return text;
}

/** All items together. */
const EDGEKV_MS = 60_000;

async function openEdgeKv(readSecret: SecretStore['read'], { edge }: Config, io: Io): Promise<ReadItem> {
  const edgeKv = createEdgegridEdgeKv({
    credential: parseEdgegridCredential(await readSecret(EDGEGRID_SECRET)),
    fetch: io.fetch,
    clock: io.now,
    random: io.random,
    newNonce: randomUUID,
    pause: io.wait,
    signal: AbortSignal.timeout(EDGEKV_MS),
  });
  return (network, id) => edgeKv.get(network, edge.namespace, edge.group, String(id));
}
