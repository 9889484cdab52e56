// The names of the secrets, in Secrets Manager and as paths of Vault's mount. Those of writer and inspector stand in the config.

/** Batch keys derive from it. */
export const SIGNING_MASTER_SECRET = 'edgehouse/signing-master';
/** Seals what lies in the spool. */
export const SPOOL_KEY_SECRET = 'edgehouse/spool-key';
/** Which of the issuer's keys signs. No secret, and in Secrets Manager always: who logs in to Vault has to know it before. */
export const ISSUER_KEYS_SECRET = 'edgehouse/issuer-keys';
/** The Akamai API client that writes to EdgeKV. */
export const EDGEGRID_SECRET = 'edgehouse/akamai-edgegrid';
/** The EdgeWorkers' clients at an external issuer. */
export const EDGE_CLIENTS_SECRET = 'edgehouse/edge-clients';
/** The ClickHouse account that may alter users; only the rotation of passwords reads it. */
export const ADMIN_SECRET = 'edgehouse/clickhouse/admin';

/** What a principal that proves itself by a certificate alone signs its batches with. */
export function principalKeySecret(principal: string): string {
  return `edgehouse/principal-keys/${principal}`;
}

/** The ClickHouse account of a principal that reads. */
export function readerSecret(principal: string): string {
  return `edgehouse/clickhouse/reader/${principal}`;
}
