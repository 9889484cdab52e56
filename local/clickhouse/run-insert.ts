import type { Session } from 'chdb';
import type { InsertWithData } from './read-statement.ts';
import type { ContentCoding } from './receive-body.ts';
import { sqlString } from './sql-quoting.ts';
import { utf8 } from './utf8-text.ts';

/** What the engine counted of an insert. */
export interface InsertSummary {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Runs an insert whose data is a file. Never as text: for this engine, data in the statement's text ends at its first empty line, and
 * the rest runs as SQL (https://github.com/ClickHouse/ClickHouse/issues/58436).
 */
export async function runInsert(
  session: Session,
  { head, settings, format }: InsertWithData,
  bodyPath: string,
  coding: ContentCoding,
): Promise<InsertSummary> {
  const source = `FROM INFILE ${sqlString(bodyPath)} COMPRESSION ${sqlString(coding)}`;
  const { rowsRead, bytesRead } = await session.queryAsync(
    `${utf8(head)} ${source} ${utf8(settings)} FORMAT ${format}`,
  );
  return { rows: rowsRead, bytes: bytesRead };
}
