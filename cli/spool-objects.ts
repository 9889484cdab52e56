import { openBatch, type SpoolEnvelope } from '../functions/ingest/spool-object.ts';
import type { VersionedKeys } from '../functions/shared/versioned-keys.ts';
import type { ReadAuditLines } from './audit-lines.ts';
import { type BatchAddress, type LedgerBatch, ledgerKey, openLedger } from './ledger.ts';
import type { OperatorDatabase } from './operator-database.ts';
import { parseTime } from './parse-time.ts';
import type { SpoolFilter } from './spool-command.ts';
import type { ListedObject, SpoolPlace } from './spool-place.ts';

/** An object of the spool with what can be known of it. */
export interface SpooledObject extends ListedObject {
  readonly place: SpoolPlace;
  /** Undefined where the object is not what ingest wrote, or its key is not in force: nothing that it says is believed. */
  readonly envelope: SpoolEnvelope | undefined;
  /** Why replay has given it up. */
  readonly dead: string | undefined;
  /** What the ledger has of its batch. `not asked`: no ClickHouse was named. */
  readonly ledger: LedgerBatch | 'none' | 'not asked';
}

export interface SpoolSources {
  readonly places: readonly SpoolPlace[];
  readonly auditLines: ReadAuditLines;
  readonly database: OperatorDatabase | undefined;
}

/** The objects that a filter lets through, each opened and looked up. @param now milliseconds since the epoch @throws UsageError */
export async function gatherObjects(
  { places, auditLines, database }: SpoolSources,
  filter: SpoolFilter,
  now: number,
): Promise<readonly SpooledObject[]> {
  const opened = places.map((place) => openListed(place, place.list(), filter, now));
  const listed = (await Promise.all(opened)).flat().filter((object) => isWanted(object, filter));
  const dead = await readDead(auditLines, listed);
  const ids = listed.flatMap(({ envelope }) => (envelope === undefined ? [] : [addressOf(envelope).batchId]));
  const ledger = database && (await openLedger(database).of(ids));
  return listed
    .map((object) => ({ ...object, dead: dead.get(object.name), ledger: ledgerOf(object.envelope, ledger) }))
    .filter((object) => filter.outcome === 'any' || object.dead === undefined);
}

export type OpenedObject = Omit<SpooledObject, 'dead' | 'ledger'>;

/**
 * The versions of objects that a filter lets through, those of objects that are gone included, and how many others nobody can tell whose
 * they are. @throws UsageError
 */
export async function openVersions(
  places: readonly SpoolPlace[],
  filter: SpoolFilter,
  now: number,
): Promise<{ readonly versions: readonly OpenedObject[]; readonly unproved: number }> {
  const opened = await Promise.all(places.map((place) => openListed(place, place.listVersions(), filter, now)));
  const versions = opened.flat().filter((object) => isWanted(object, filter));
  const unproved = opened.flat().filter((object) => object.envelope === undefined && !versions.includes(object)).length;
  return { versions, unproved };
}

async function openListed(
  place: SpoolPlace,
  objects: AsyncIterable<ListedObject>,
  { object: wanted, older }: SpoolFilter,
  now: number,
): Promise<readonly OpenedObject[]> {
  const before = older === undefined ? Number.POSITIVE_INFINITY : parseTime('--older', older, now);
  const keys = await place.keys();
  const opened: OpenedObject[] = [];
  for await (const listed of objects) {
    if (listed.putAt >= before || (wanted !== undefined && wanted !== listed.name)) continue;
    const object = await openObject(place, listed, keys);
    if (object !== undefined) opened.push(object);
  }
  return opened;
}

function isWanted({ envelope }: OpenedObject, { stream, principal }: SpoolFilter): boolean {
  const address = envelope && addressOf(envelope);
  return (stream ?? address?.stream) === address?.stream && (principal ?? address?.principal) === address?.principal;
}

/** @returns undefined where it is gone */
async function openObject(
  place: SpoolPlace,
  listed: ListedObject,
  keys: VersionedKeys,
): Promise<OpenedObject | undefined> {
  const bytes = await place.read(listed);
  if (bytes === undefined) return undefined;
  // Whatever is wrong with it, it proves nothing; replay says what it is.
  const batch = await openBatch(keys, listed.name, bytes).catch(() => undefined);
  return { ...listed, place, envelope: batch?.envelope };
}

/** Why replay has given them up, by name. */
export async function readDead(
  auditLines: ReadAuditLines,
  objects: readonly ListedObject[],
): Promise<ReadonlyMap<string, string>> {
  const dead = new Map<string, string>();
  if (objects.length === 0) return dead;
  const since = objects.reduce((first, { putAt }) => Math.min(first, putAt), Number.POSITIVE_INFINITY);
  for await (const line of auditLines(since)) {
    if (line.audit !== 'replay') continue;
    if (line.outcome === 'dead') dead.set(line.object, line.code ?? 'dead');
    else dead.delete(line.object);
  }
  return dead;
}

function ledgerOf(
  envelope: SpoolEnvelope | undefined,
  ledger: ReadonlyMap<string, LedgerBatch> | undefined,
): SpooledObject['ledger'] {
  if (ledger === undefined) return 'not asked';
  if (envelope === undefined) return 'none';
  return ledger.get(ledgerKey(addressOf(envelope))) ?? 'none';
}

/** Whose batch it is, as ingest proved it. */
export function addressOf({ stream, stamp }: SpoolEnvelope): BatchAddress {
  return {
    principal: String(stamp._principal),
    stream,
    batchId: String(stamp._batch_id),
    digest: String(stamp._batch_digest),
  };
}
