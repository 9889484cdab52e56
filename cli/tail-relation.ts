import { nearestKey } from '../config/nearest-key.ts';
import { readableRelations } from '../config/readable-relations.ts';
import type { Config } from '../config/schema.ts';
import { sqlUsers } from '../config/sql-users.ts';

/** The stream is not in the configuration, or the account's principal may not read it. */
export class StreamUnreadableError extends Error {
  override readonly name = 'StreamUnreadableError';
  readonly code = 'STREAM_UNREADABLE';
}

/** Where an account reads a stream. */
export interface StreamRelation {
  /** A table, or the view of a reader who sees some rows only. */
  readonly relation: string;
  /** Whether the account is that of a principal that reads, who may ask more often than the operator. */
  readonly isReader: boolean;
}

/** @param user of ClickHouse @throws StreamUnreadableError */
export function relationFor(user: string, stream: string, config: Config): StreamRelation {
  const { streams, principals } = config;
  const known = Object.hasOwn(streams, stream) ? streams[stream] : undefined;
  if (known === undefined) {
    const nearest = nearestKey(stream, Object.keys(streams));
    throw new StreamUnreadableError(
      `${stream} is no stream of edgehouse.config.ts${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    );
  }
  const [name] = Object.entries(sqlUsers(config).readers).find(([, account]) => account === user) ?? [];
  const principal = name === undefined ? undefined : principals[name];
  if (principal === undefined) return { relation: known.table, isReader: false };
  const readable = readableRelations(principal, streams);
  const found = readable.find(({ relation, filter }) => (filter?.table ?? relation) === known.table);
  if (found === undefined) {
    throw new StreamUnreadableError(
      `${principal.name} may not read ${stream}. Have edgehouse.config.ts allow it: { read: ['${stream}'] }.`,
    );
  }
  return { relation: found.relation, isReader: true };
}
