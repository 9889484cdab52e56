import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { ADMIN_SECRET, readerSecret } from '../config/secret-names.ts';
import { sqlUsers } from '../config/sql-users.ts';
import { writtenSecret } from './kept-secret.ts';

/**
 * The secrets of the ClickHouse accounts that no function of the data's way reads: the administrator's, and one for each principal
 * that may read. Not replicated: people and dashboards ask the primary region.
 */
export class ClickHouseAccounts extends Construct {
  /** ARN. Only the rotation of passwords reads it. */
  readonly administrator: string;
  /** ARNs by principal. */
  readonly readers: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, config: Pick<Config, 'principals' | 'streams'>) {
    super(scope, id);
    this.administrator = writtenSecret(this, 'Administrator', {
      name: ADMIN_SECRET,
      purpose: 'the ClickHouse account that may alter users',
      whyNotRotated:
        'The rotation of the others logs in with it, and nobody above it could repair one that broke midway.',
    }).attrId;
    this.readers = Object.fromEntries(
      Object.keys(sqlUsers(config).readers).map((principal) => [
        principal,
        writtenSecret(this, `Reader-${principal}`, {
          name: readerSecret(principal),
          purpose: `the ClickHouse account that reads as ${principal}`,
        }).attrId,
      ]),
    );
  }
}
