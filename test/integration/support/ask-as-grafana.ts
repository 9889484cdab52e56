/** What Grafana knows when it asks: the variables of the dashboard, its time, and the width of a point. */
export interface GrafanaScope {
  readonly variables: Readonly<Record<string, string>>;
  readonly from: Date;
  readonly to: Date;
  readonly intervalSeconds: number;
}

export interface GrafanaAccount {
  /** ClickHouse's HTTP interface. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export type Answer = readonly Readonly<Record<string, unknown>>[];

/**
 * Variables first, as Grafana does in the browser; then the macros as the data source's backend does (grafana/clickhouse-datasource
 * 4.20, `pkg/macros/macros.go`), those that the dashboard uses.
 */
export function expand(sql: string, { variables, from, to, intervalSeconds }: GrafanaScope): string {
  const seconds = (time: Date) => `toDateTime(${Math.floor(time.getTime() / 1000)})`;
  return sql
    .replaceAll(/\$(?!__)(\w+)/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`no variable $${name}`);
      return value;
    })
    .replaceAll(
      /\$__timeFilter\(([^()]*)\)/g,
      (_, column) => `${column} >= ${seconds(from)} AND ${column} <= ${seconds(to)}`,
    )
    .replaceAll(
      /\$__timeInterval\(([^()]*)\)/g,
      (_, column) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${intervalSeconds} second)`,
    )
    .replaceAll('$__interval_s', String(intervalSeconds));
}

/**
 * Asks as the data source does with protocol HTTP: the driver sets `max_execution_time` to what is left of the query's time and 5 s
 * (clickhouse-go 2, `queryOptions`), here for a query timeout of 20 s.
 */
export async function askAsGrafana(sql: string, { url, user, password }: GrafanaAccount): Promise<Answer> {
  const settings = new URLSearchParams({ default_format: 'JSON', max_execution_time: '24', wait_end_of_query: '1' });
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  const answer = await fetch(`${url}/?${settings}`, { method: 'POST', headers, body: sql });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  const { data }: { readonly data: Answer } = JSON.parse(text);
  return data;
}
