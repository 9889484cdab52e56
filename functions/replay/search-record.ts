import { createHash } from 'node:crypto';
import type { BatchSpool } from '../shared/batch-spool.ts';
import { sealObject, unsealObject } from '../shared/sealed-object.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import type { Search } from './search.ts';

/**
 * Where a search is written down before each of its inserts: whoever goes on with it, after a crash or a day, stores no row twice. It
 * lies beside the verdicts, and stays like them when the batch is stored: a late replay may still ask for it.
 */
export interface SearchRecord {
  /** @throws SpoolError, ObjectTamperedError */
  read(signal: AbortSignal): Promise<Search | undefined>;
  /** @throws SpoolError */
  write(search: Search, signal: AbortSignal): Promise<void>;
}

/** @param key the batch's deduplication key */
export function openSearchRecord(key: string, spool: BatchSpool, keys: VersionedKeys): SearchRecord {
  const name = `verdicts/${createHash('sha256').update(`search of ${key}`).digest('hex')}`;
  return {
    async read(signal) {
      const object = await spool.read(name, signal);
      // Sealed, so it is what we wrote.
      return object === undefined ? undefined : (JSON.parse(unsealObject(keys, name, object).toString()) as Search);
    },
    write: (search, signal) => spool.replace(name, sealObject(keys, name, Buffer.from(JSON.stringify(search))), signal),
  };
}
