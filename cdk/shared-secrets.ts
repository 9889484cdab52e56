import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import {
  EDGE_CLIENTS_SECRET,
  EDGEGRID_SECRET,
  principalKeySecret,
  SIGNING_MASTER_SECRET,
} from '../config/secret-names.ts';
import { withOwnKey } from '../functions/shared/principal-key.ts';
import type { SecretKeeper } from './secret-keeper.ts';

/** The secrets that every region reads. */
export interface SharedSecretIds {
  /** ClickHouse: stores rows. */
  readonly writer: string;
  /** ClickHouse: reads what tables look like, and the ledger. */
  readonly inspector: string;
  /** Batch keys derive from it. */
  readonly signingMaster: string;
  /** What principals without a token sign their batches with, by their names. */
  readonly principalKeys: Readonly<Record<string, string>>;
}

/** The secrets of the primary region, replicated to the others where functions there read them. */
export class SharedSecrets extends Construct {
  readonly ids: SharedSecretIds;
  /** The Akamai API client that writes to EdgeKV; only the primary region uses it. */
  readonly edgeGrid: string;
  /** The EdgeWorkers' clients at an external issuer; undefined where the built-in one makes their tokens. */
  readonly edgeClients: string | undefined;

  constructor(
    scope: Construct,
    id: string,
    { regions, clickhouse, edge, principals }: Pick<Config, 'regions' | 'clickhouse' | 'edge' | 'principals'>,
    keeper: SecretKeeper,
  ) {
    super(scope, id);
    const replicas = regions.slice(1);
    const { writer, inspector } = clickhouse.secrets;
    this.ids = {
      writer: keeper.written(this, 'Writer', {
        name: writer,
        purpose: 'the ClickHouse account that stores rows',
        replicas,
      }),
      inspector: keeper.written(this, 'Inspector', {
        name: inspector,
        purpose: 'the ClickHouse account that reads what tables look like',
        replicas,
      }),
      signingMaster: keeper.generated(this, 'SigningMaster', {
        name: SIGNING_MASTER_SECRET,
        purpose: 'batch keys derive from it',
        replicas,
      }),
      principalKeys: Object.fromEntries(
        withOwnKey(principals).map((principal) => {
          const purpose = `${principal} signs its batches with it`;
          return [
            principal,
            keeper.generated(this, `Key-${principal}`, { name: principalKeySecret(principal), purpose, replicas }),
          ];
        }),
      ),
    };
    this.edgeGrid = keeper.written(this, 'EdgeGrid', {
      name: EDGEGRID_SECRET,
      purpose: 'the Akamai API client that writes to EdgeKV',
      whyNotRotated: 'Its value belongs to Akamai, where a person makes the next API client; nothing of ours may.',
    });
    if (edge.tokens === 'builtin') return;
    this.edgeClients = keeper.written(this, 'EdgeClients', {
      name: EDGE_CLIENTS_SECRET,
      purpose: 'the EdgeWorkers as clients of the external issuer',
      whyNotRotated: 'Its value belongs to the external issuer, where a person gives a client its next secret or key.',
    });
  }
}

/** The same secrets as functions in the region of `scope` read them. */
export function sharedIn(scope: Construct, secrets: SharedSecretIds, keeper: SecretKeeper): SharedSecretIds {
  const { writer, inspector, signingMaster, principalKeys } = secrets;
  const here = (secret: string) => keeper.inRegionOf(scope, secret);
  return {
    writer: here(writer),
    inspector: here(inspector),
    signingMaster: here(signingMaster),
    principalKeys: Object.fromEntries(Object.entries(principalKeys).map(([name, key]) => [name, here(key)])),
  };
}
