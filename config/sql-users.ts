import { readableRelations } from './readable-relations.ts';
import type { ConfigSections } from './schema.ts';

export const DEFAULT_USER_PREFIX = 'edgehouse';

export interface SqlUserOptions {
  /** Begins the name of every user, role, profile and quota. @default 'edgehouse' */
  readonly userPrefix?: string;
}

/** The ClickHouse accounts that a config needs. */
export interface SqlUsers {
  readonly writer: string;
  readonly inspector: string;
  /** A person's, at a terminal: no function has its password. */
  readonly operator: string;
  /** By principal: those that may read something. */
  readonly readers: Readonly<Record<string, string>>;
}

/** Names the ClickHouse accounts of a config: one that writes, inspects and erases each, and one for each principal that may read. */
export function sqlUsers(
  { principals, streams }: Pick<ConfigSections, 'principals' | 'streams'>,
  { userPrefix = DEFAULT_USER_PREFIX }: SqlUserOptions = {},
): SqlUsers {
  const readers = Object.values(principals)
    .filter((principal) => readableRelations(principal, streams).length > 0)
    .map(({ name }) => name)
    .sort();
  return {
    writer: `${userPrefix}_writer`,
    inspector: `${userPrefix}_inspector`,
    operator: `${userPrefix}_operator`,
    readers: Object.fromEntries(readers.map((name) => [name, readerUser(name, userPrefix)])),
  };
}

/** The account of a principal that reads. */
export function readerUser(principal: string, userPrefix: string): string {
  return `${userPrefix}_reader_${principal.replaceAll('-', '_')}`;
}
