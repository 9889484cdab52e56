import type { Config } from '../config/schema.ts';
import {
  ADMIN_SECRET,
  EDGE_CLIENTS_SECRET,
  EDGEGRID_SECRET,
  ISSUER_KEYS_SECRET,
  readerSecret,
  SIGNING_MASTER_SECRET,
  SPOOL_KEY_SECRET,
} from '../config/secret-names.ts';
import { sqlUsers } from '../config/sql-users.ts';

/** What renews a credential. */
export type Renewal =
  /** The rotation of ClickHouse passwords, on Secrets Manager's schedule. */
  | 'schedule'
  /** The command of that name, step by step. */
  | 'rotate signing'
  | 'rotate issuer-key'
  | 'by hand'
  /** A local stack makes it anew each time it starts. */
  | 'at each start';

export interface ListedSecret {
  /** As a person calls it. */
  readonly credential: string;
  /** Its name in the store. */
  readonly secret: string;
  readonly renewal: Renewal;
}

const SIGNING_MASTER: ListedSecret = {
  credential: 'signing master',
  secret: SIGNING_MASTER_SECRET,
  renewal: 'rotate signing',
};
const ISSUER_KEYS: ListedSecret = {
  credential: 'issuer keys',
  secret: ISSUER_KEYS_SECRET,
  renewal: 'rotate issuer-key',
};
const EDGE_CLIENTS: ListedSecret = {
  credential: 'clients of the issuer',
  secret: EDGE_CLIENTS_SECRET,
  renewal: 'by hand',
};
const SPOOL_KEY: ListedSecret = { credential: 'spool key', secret: SPOOL_KEY_SECRET, renewal: 'by hand' };

/**
 * The credentials of a deployed stack, but for the edge tokens. Vault keeps no password of an administrator or a reader for us, and
 * is logged in to with what the issuer's keys sign.
 */
export function deployedSecrets(
  config: Pick<Config, 'clickhouse' | 'principals' | 'streams' | 'secrets' | 'issuers' | 'edge'>,
): readonly ListedSecret[] {
  const { writer, inspector } = config.clickhouse.secrets;
  const inVault = config.secrets !== 'aws';
  const renewal = inVault ? 'by hand' : 'schedule';
  return [
    { credential: 'clickhouse writer', secret: writer, renewal },
    { credential: 'clickhouse inspector', secret: inspector, renewal },
    ...(inVault ? [] : otherAccounts(Object.keys(sqlUsers(config).readers))),
    SIGNING_MASTER,
    SPOOL_KEY,
    { credential: 'EdgeGrid client', secret: EDGEGRID_SECRET, renewal: 'by hand' },
    ...(inVault || config.issuers.some(({ kind }) => kind === 'builtin') ? [ISSUER_KEYS] : []),
    ...(config.edge.tokens === 'builtin' ? [] : [EDGE_CLIENTS]),
  ];
}

function otherAccounts(readers: readonly string[]): readonly ListedSecret[] {
  return [
    ...readers.map((principal): ListedSecret => {
      return { credential: `clickhouse reader ${principal}`, secret: readerSecret(principal), renewal: 'schedule' };
    }),
    { credential: 'clickhouse admin', secret: ADMIN_SECRET, renewal: 'by hand' },
  ];
}

/** The credentials that a local stack keeps in its folder. */
export function localSecrets({ clickhouse: { secrets } }: Pick<Config, 'clickhouse'>): readonly ListedSecret[] {
  return [
    { credential: 'clickhouse writer', secret: secrets.writer, renewal: 'at each start' },
    { credential: 'clickhouse inspector', secret: secrets.inspector, renewal: 'at each start' },
    SIGNING_MASTER,
    SPOOL_KEY,
    ISSUER_KEYS,
  ];
}
