import { ArnFormat, Fn, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { generatedKey, writtenSecret } from './kept-secret.ts';

/** Names in Secrets Manager. Those of the ClickHouse accounts stand in the config. */
export const SIGNING_MASTER_SECRET = 'edgehouse/signing-master';
export const EDGEGRID_SECRET = 'edgehouse/akamai-edgegrid';

/** The secrets that every region reads, by ARN. */
export interface SharedSecretArns {
  /** ClickHouse: stores rows. */
  readonly writer: string;
  /** ClickHouse: reads what tables look like, and the ledger. */
  readonly inspector: string;
  /** Batch keys derive from it. */
  readonly signingMaster: string;
}

/** The secrets of the primary region, replicated to the others where functions there read them. */
export class SharedSecrets extends Construct {
  readonly arns: SharedSecretArns;
  /** ARN of the Akamai API client that writes to EdgeKV; only the primary region uses it. */
  readonly edgeGrid: string;

  constructor(scope: Construct, id: string, { regions, clickhouse }: Pick<Config, 'regions' | 'clickhouse'>) {
    super(scope, id);
    const replicas = regions.slice(1);
    const { writer, inspector } = clickhouse.secrets;
    this.arns = {
      writer: writtenSecret(this, 'Writer', {
        name: writer,
        purpose: 'the ClickHouse account that stores rows',
        replicas,
      }).attrId,
      inspector: writtenSecret(this, 'Inspector', {
        name: inspector,
        purpose: 'the ClickHouse account that reads what tables look like',
        replicas,
      }).attrId,
      signingMaster: generatedKey(this, 'SigningMaster', {
        name: SIGNING_MASTER_SECRET,
        purpose: 'batch keys derive from it',
        replicas,
      }).attrId,
    };
    this.edgeGrid = writtenSecret(this, 'EdgeGrid', {
      name: EDGEGRID_SECRET,
      purpose: 'the Akamai API client that writes to EdgeKV',
    }).attrId;
  }
}

/** The replicas in the region of `scope`: same name and same random end, another region (Secrets Manager guide, replication). */
export function replicasIn(scope: Construct, { writer, inspector, signingMaster }: SharedSecretArns): SharedSecretArns {
  const replica = (arn: string) =>
    Stack.of(scope).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      resourceName: Fn.select(6, Fn.split(':', arn)),
    });
  return { writer: replica(writer), inspector: replica(inspector), signingMaster: replica(signingMaster) };
}
