import { readFile, rename, writeFile } from 'node:fs/promises';
import type { AdminAccount } from '../../../clickhouse/admin-client.ts';
import {
  type ClickHouseCredential,
  parseClickHouseCredential,
} from '../../../functions/ingest/clickhouse-credential.ts';
import { type CachedSecret, cachedSecret } from '../../../functions/shared/secret-cache.ts';

/** A ClickHouse secret in a file, kept in the process as a container keeps it. @param url instead of the secret's own */
export function fileSecret(file: string, url: string): CachedSecret<ClickHouseCredential> {
  const store = { read: (name: string) => readFile(name, 'utf8') };
  return cachedSecret(store, file, (text) => ({ ...parseClickHouseCredential(text), url }), Date.now);
}

/** Nobody reads half of it. */
export async function writeSecret(file: string, { url, user, password }: AdminAccount): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ url, username: user, password }));
  await rename(`${file}.new`, file);
}
