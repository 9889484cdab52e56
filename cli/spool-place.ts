import type { Config } from '../config/schema.ts';
import type { VersionedKeys } from '../functions/shared/versioned-keys.ts';
import type { CommandIo } from './command-io.ts';
import type { SpoolAccess } from './spool-command.ts';

/** An object of the spool, or a version of one that is kept after it was removed or replaced. */
export interface ListedObject {
  readonly name: string;
  /** Undefined: the one in force. */
  readonly version: string | undefined;
  readonly bytes: number;
  /** When it was put, in milliseconds since the epoch. */
  readonly putAt: number;
}

/** The spool of one region, as the operator's commands need it. */
export interface SpoolPlace {
  readonly region: string;
  /** What lies under `spool/`. */
  list(): AsyncIterable<ListedObject>;
  /** The same, and every older version of them and of what is gone. */
  listVersions(): AsyncIterable<ListedObject>;
  read(object: Pick<ListedObject, 'name' | 'version'>): Promise<Buffer | undefined>;
  /** Removes an object or a version of it, and the verdict that belongs to it. */
  remove(object: Pick<ListedObject, 'name' | 'version'>): Promise<void>;
  /** Keys that its objects are sealed with. */
  keys(): Promise<VersionedKeys>;
  /** Has an object replayed. */
  announce(name: string): Promise<void>;
  /** Messages that wait or are tried just now; undefined where nobody knows. */
  waiting(): Promise<number | undefined>;
}

/** The spool of each region. @throws VaultTokenMissingError, SpoolNotFoundError */
export async function openSpool(
  access: SpoolAccess,
  config: Config,
  io: Pick<CommandIo, 'fetch' | 'now'>,
): Promise<readonly SpoolPlace[]> {
  if (access.place.kind === 'folder') {
    const { openSpoolFolder } = await import('./spool-folder.ts');
    return [await openSpoolFolder(access.place.dataDir)];
  }
  const { openSpoolBucket } = await import('./spool-bucket.ts');
  return Promise.all(config.regions.map((region) => openSpoolBucket(region, access.vaultToken, config, io)));
}
