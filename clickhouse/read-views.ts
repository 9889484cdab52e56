import type { ClickHouseClient } from '@clickhouse/client';
import type { AccessFact } from './access-facts.ts';

/**
 * The facts of row filters: what their views show, in the server's own writing, which is the same for the configuration's statements.
 *
 * @param statements `CREATE OR REPLACE VIEW … AS …`, as `compileRowFilterViews` gives them
 */
export async function readViews(
  client: ClickHouseClient,
  database: string,
  statements: readonly string[],
): Promise<{ readonly expected: readonly AccessFact[]; readonly actual: readonly AccessFact[] }> {
  const ask = async <Row>(query: string, query_params: Readonly<Record<string, unknown>>) => {
    const result = await client.query({ query, query_params, format: 'JSONEachRow' });
    return result.json<Row>();
  };
  const [formatted, views] = await Promise.all([
    ask<{ readonly sql: string }>('SELECT formatQuerySingleLine(arrayJoin({statements:Array(String)})) AS sql', {
      statements,
    }),
    ask<{ readonly name: string; readonly shows: string; readonly sql: string }>(
      `SELECT name, formatQuerySingleLine(as_select) AS shows, create_table_query AS sql FROM system.tables
WHERE database = {database:String} AND engine = 'View' AND as_select != ''`,
      { database },
    ),
  ]);
  const expected = formatted.flatMap(({ sql }) => {
    const [, view, shows] = /^CREATE OR REPLACE VIEW (\S+) .*? SQL SECURITY DEFINER AS (SELECT .*)$/s.exec(sql) ?? [];
    return view === undefined || shows === undefined ? [] : [{ view, fact: viewFact(view, shows, true) }];
  });
  const ours = new Set(expected.map(({ view }) => view));
  return {
    expected: expected.map(({ fact }) => fact),
    actual: views
      .map(({ name, shows, sql }) => ({
        view: `${database}.${name}`,
        shows,
        definer: / SQL SECURITY DEFINER /.test(sql),
      }))
      .filter(({ view }) => ours.has(view))
      .map(({ view, shows, definer }) => viewFact(view, shows, definer)),
  };
}

function viewFact(view: string, shows: string, definer: boolean): AccessFact {
  return `view ${view}: ${shows}${definer ? '' : ', with the rights of whoever asks'}`;
}
